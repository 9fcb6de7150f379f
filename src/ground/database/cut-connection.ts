// Ends a connection without a message to the server, because the server may be the side that does not answer.

import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type pg from 'pg';

/** pg's client has this; its published types leave it out. */
type Inner = { connection: EventEmitter & { stream: Socket } };

/**
 * A caller that waits for an answer on it gets the error of a lost connection. The pool notices the loss and
 * replaces the connection.
 */
export function cutConnection(client: pg.ClientBase): void {
  innerConnection(client).stream.destroy();
}

/** The messages of the server as they come, errors among them (`errorMessage`). */
export function innerConnection(client: pg.ClientBase): Inner['connection'] {
  return (client as unknown as Inner).connection;
}
