// One connection to the mail server, for one mail after another. nodemailer's own pool is not used: it queues a mail
// again by itself when a connection closes, whether or not its text was under way.

import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { readFailure, type SmtpFailure, type SmtpOutcome, smtpOutcome } from './smtp-outcome.ts';
import type { SmtpServer } from './smtp-server.ts';

export type SmtpLimits = {
  /** To connect, and until the server greets; it may make strangers wait on purpose. */
  connectMs: number;
  /** Of silence. */
  silenceMs: number;
  /** From the opening, and for each mail, altogether. */
  attemptMs: number;
};

export const smtpLimitsDefault: SmtpLimits = { connectMs: 20_000, silenceMs: 45_000, attemptMs: 60_000 };

export type Handover = {
  from: string;
  to: string;
  message: Buffer;
  /** Called when the server is ready for the text; when it throws, no text is sent. */
  beforeText: () => Promise<void>;
};

export type SmtpSession = {
  /** False once it has failed, or the server has had enough. */
  isUsable(): boolean;
  send(handover: Handover): Promise<SmtpOutcome & { textBegun: boolean }>;
  /** Takes leave of the server, and does not wait for it. */
  close(): void;
};

export type OpenResult = { ok: true; session: SmtpSession } | { ok: false; outcome: SmtpOutcome };

const replyBytesMax = 65_536;
/** For the server's goodbye. */
const leaveMs = 1_000;

/** Connects, encrypts, signs in. `signal` cuts the connection off, now and later. */
export async function openSmtpSession(
  server: SmtpServer,
  { limits = smtpLimitsDefault, signal }: { limits?: SmtpLimits; signal?: AbortSignal } = {},
): Promise<OpenResult> {
  const connection = new SMTPConnection({
    host: server.host,
    port: server.port,
    secure: server.encryption === 'tls',
    requireTLS: server.encryption === 'starttls',
    ignoreTLS: server.encryption === 'clear',
    connectionTimeout: limits.connectMs,
    greetingTimeout: limits.connectMs,
    dnsTimeout: limits.connectMs,
    socketTimeout: limits.silenceMs,
    socketCloseTimeout: 1_000,
    maxResponseSize: replyBytesMax,
    // Else a machine without a network could not reach itself.
    allowInternalNetworkInterfaces: true,
    logger: false,
    tls: {
      minVersion: 'TLSv1.2',
      ...(server.trust ? { ca: server.trust.certificates, servername: server.trust.serverName } : {}),
    },
  });
  let failure: SmtpFailure | null = null;
  let fail: (failure: SmtpFailure) => void = () => undefined;
  const onFailure = (error: SmtpFailure) => {
    failure ??= error;
    fail(error);
  };
  connection.on('error', onFailure);
  connection.on('end', () =>
    onFailure({ code: 'ECONNECTION', command: 'CONN', message: 'the connection was closed' }),
  );
  const cut = () => {
    onFailure({ code: 'ESTOPPED', message: 'this process stops' });
    connection.close();
  };
  if (signal?.aborted) cut();
  signal?.addEventListener('abort', cut, { once: true });
  const leave = () => signal?.removeEventListener('abort', cut);

  /** Settles by the callback, an error of the connection or the time limit, whichever is first. */
  const within = <T>(begin: (done: (error: SmtpFailure | null | undefined, value?: T) => void) => void) =>
    new Promise<{ failure: SmtpFailure | null; value: T | undefined }>((resolve) => {
      const settle = (error: SmtpFailure | null, value?: T) => {
        clearTimeout(timer);
        fail = () => undefined;
        resolve({ failure: error, value });
      };
      const timer = setTimeout(() => {
        const error = { code: 'ETIMEDOUT', message: `no end after ${limits.attemptMs / 1_000} s` };
        failure ??= error;
        settle(error);
        connection.close();
      }, limits.attemptMs);
      fail = settle;
      if (failure !== null) return settle(failure);
      begin((error, value) => settle(error ?? null, value));
    });

  const { signIn } = server;
  const connected = await within<void>((done) => connection.connect((error) => done(error)));
  const opened =
    connected.failure !== null || signIn === null
      ? connected
      : await within<boolean>((done) =>
          connection.login({ user: signIn.user, pass: signIn.password }, (error, value) =>
            done(error, value),
          ),
        );
  if (opened.failure !== null) {
    leave();
    connection.close();
    return { ok: false, outcome: { ...tell(opened.failure, false), concernsServer: true } };
  }

  return {
    ok: true,
    session: {
      isUsable: () => failure === null,
      async send({ from, to, message, beforeText }) {
        let textBegun = false;
        // Read when the server has said that it is ready (354), and not before.
        const text = Readable.from(
          (async function* () {
            await beforeText();
            textBegun = true;
            yield message;
          })(),
          { objectMode: false },
        );
        const sent = await within<{ response: string }>((done) =>
          connection.send({ from, to: [to], size: message.length }, text, (error, info) => done(error, info)),
        );
        if (sent.failure === null)
          return { ...smtpOutcome('accepted', sent.value?.response ?? ''), textBegun };
        // A session that was refused a mail is left: its state on the other side is anybody's guess.
        failure ??= sent.failure;
        connection.close();
        return { ...tell(sent.failure, textBegun), textBegun };
      },
      close() {
        leave();
        if (failure !== null) return connection.close();
        connection.quit();
        setTimeout(() => connection.close(), leaveMs).unref();
      },
    },
  };
}

function tell(failure: SmtpFailure, textBegun: boolean): SmtpOutcome {
  if ((failure.code === 'ESTOPPED' || failure.code === 'ESTREAM') && !textBegun)
    return smtpOutcome('stopped', failure.message);
  return readFailure(failure, textBegun);
}
