// Ends a connection without a word to the server, which may be the one that does not answer.

import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type pg from 'pg';

/** pg's client has this; its published types leave it out. */
type Inner = { connection: EventEmitter & { stream: Socket } };

/** Whoever waits for an answer on it meets a lost connection; its pool hears of the loss and replaces it. */
export function cutConnection(client: pg.ClientBase): void {
  innerConnection(client).stream.destroy();
}

/** The messages of the server as they come, errors among them (`errorMessage`). */
export function innerConnection(client: pg.ClientBase): Inner['connection'] {
  return (client as unknown as Inner).connection;
}
