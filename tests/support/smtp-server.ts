// A mail server on loopback that speaks SMTP as RFC 5321 has it, and misbehaves at the stage a test names: refuses,
// hangs, cuts the connection, or does something of the test's first.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

export type SmtpStage =
  | 'greeting'
  | 'ehlo'
  | 'starttls'
  | 'auth'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'in_text'
  | 'text'
  | 'answered';

export type ReceivedMail = { from: string; to: string; message: string };

/**
 * A reply such as `451 4.7.1 later`; `cut` and `hang` are what they say, and `read no more` leaves the client's bytes lying; nothing: as a good
 * server does.
 */
export type SmtpBehaviour = (
  stage: SmtpStage,
  about: { to: string; session: number; nth: number },
) => string | undefined | Promise<string | undefined>;

export type TestSmtpServer = {
  port: number;
  /** Mails that the server has said 250 to, or would have. */
  received: ReceivedMail[];
  /** Set by tests, at any time. */
  behave: SmtpBehaviour;
  sessions(): number;
  openSessionsMax(): number;
  /** What clients sent, line by line, without the texts. */
  lines: string[];
  stop(): Promise<void>;
};

export type TestSmtpOptions = {
  port?: number;
  certificate?: { cert: string; key: string };
  /** `offered`: STARTTLS; `implicit`: TLS from the first byte; `none`. */
  tls?: 'none' | 'offered' | 'implicit' | 'broken';
  signIn?: { user: string; password: string };
};

export async function startSmtpServer(options: TestSmtpOptions = {}): Promise<TestSmtpServer> {
  const { certificate, tls = 'none' } = options;
  const sockets = new Set<Socket>();
  let sessions = 0;
  let openMax = 0;
  const counts = new Map<SmtpStage, number>();
  const server: Server = createServer((socket) => {
    sessions += 1;
    sockets.add(socket);
    openMax = Math.max(openMax, sockets.size);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    const first =
      tls === 'implicit' && certificate ? new TLSSocket(socket, { isServer: true, ...certificate }) : socket;
    first.on('error', () => undefined);
    void talk(first, sessions);
  });

  const behaveAt = async (stage: SmtpStage, to: string, session: number) => {
    const nth = (counts.get(stage) ?? 0) + 1;
    counts.set(stage, nth);
    return self.behave(stage, { to, session, nth });
  };

  async function talk(plain: Socket, session: number): Promise<void> {
    let socket = plain;
    let isEncrypted = tls === 'implicit';
    let isSignedIn = options.signIn === undefined;
    let from = '';
    let to = '';
    const say = (line: string) => socket.write(`${line}\r\n`);
    /** True: the stage was dealt with, and not as a good server does. */
    const misbehaves = async (stage: SmtpStage) => {
      const reply = await behaveAt(stage, to, session);
      if (reply === undefined) return false;
      if (reply === 'cut') plain.destroy();
      else if (reply === 'read no more') plain.pause();
      else if (reply !== 'hang') say(reply);
      return true;
    };
    if (await misbehaves('greeting')) return;
    say('220 mail.test ESMTP');
    let buffered = '';
    let inText = false;
    let hasBegun = false;
    let busy = Promise.resolve();

    const onLine = async (line: string): Promise<void> => {
      self.lines.push(line);
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === 'EHLO' || verb === 'HELO') {
        if (await misbehaves('ehlo')) return;
        const offers = ['mail.test', 'SIZE 1000000', '8BITMIME', 'ENHANCEDSTATUSCODES'];
        if ((tls === 'offered' || tls === 'broken') && !isEncrypted) offers.push('STARTTLS');
        if (options.signIn) offers.push('AUTH PLAIN LOGIN');
        for (const [at, offer] of offers.entries()) say(`250${at === offers.length - 1 ? ' ' : '-'}${offer}`);
      } else if (verb === 'STAR') {
        if (await misbehaves('starttls')) return;
        if (tls !== 'offered' && tls !== 'broken') {
          say('502 5.5.1 not here');
          return;
        }
        say('220 2.0.0 go ahead');
        plain.removeAllListeners('data');
        if (tls === 'broken') {
          plain.on('data', () => plain.write('this is no TLS\r\n'));
          return;
        }
        const encrypted = new TLSSocket(plain, { isServer: true, ...certificate });
        encrypted.on('error', () => undefined);
        encrypted.on('data', onData);
        socket = encrypted;
        isEncrypted = true;
      } else if (verb === 'AUTH') {
        if (await misbehaves('auth')) return;
        const expected = Buffer.from(`\0${options.signIn?.user}\0${options.signIn?.password}`).toString(
          'base64',
        );
        isSignedIn = line === `AUTH PLAIN ${expected}`;
        say(isSignedIn ? '235 2.7.0 welcome' : '535 5.7.8 wrong');
      } else if (verb === 'MAIL') {
        from = /<(.*?)>/.exec(line)?.[1] ?? '';
        if (await misbehaves('mail')) return;
        say(isSignedIn ? '250 2.1.0 ok' : '530 5.7.0 sign in first');
      } else if (verb === 'RCPT') {
        to = /<(.*?)>/.exec(line)?.[1] ?? '';
        if (await misbehaves('rcpt')) return;
        say('250 2.1.5 ok');
      } else if (verb === 'DATA') {
        if (await misbehaves('data')) return;
        inText = true;
        hasBegun = false;
        say('354 go ahead');
      } else if (verb === 'RSET' || verb === 'NOOP') {
        say('250 2.0.0 ok');
      } else if (verb === 'QUIT') {
        say('221 2.0.0 bye');
        socket.end();
      } else {
        say('500 5.5.2 what?');
      }
    };

    const onText = async (): Promise<boolean> => {
      if (!hasBegun && buffered !== '') {
        hasBegun = true;
        if (await misbehaves('in_text')) return false;
      }
      const end = buffered.startsWith('.\r\n') ? 0 : buffered.indexOf('\r\n.\r\n');
      if (end < 0) return false;
      const message = buffered.slice(0, end).replace(/(^|\r\n)\.\./g, '$1.');
      buffered = buffered.slice(end + (end === 0 ? 3 : 5));
      inText = false;
      const reply = await behaveAt('text', to, session);
      if (reply === undefined || reply === 'cut after taking' || reply === 'hang after taking') {
        self.received.push({ from, to, message });
      }
      if (reply === 'cut' || reply === 'cut after taking') plain.destroy();
      else if (reply === undefined) say('250 2.0.0 taken as T1');
      else if (!reply.startsWith('hang')) say(reply);
      await behaveAt('answered', to, session);
      return true;
    };

    const work = async () => {
      for (;;) {
        if (inText) {
          if (!(await onText())) return;
          continue;
        }
        const end = buffered.indexOf('\r\n');
        if (end < 0) return;
        const line = buffered.slice(0, end);
        buffered = buffered.slice(end + 2);
        await onLine(line);
      }
    };
    const onData = (chunk: Buffer) => {
      buffered += chunk.toString('latin1');
      busy = busy.then(work);
    };
    socket.on('data', onData);
  }

  const self: TestSmtpServer = {
    port: 0,
    received: [],
    lines: [],
    behave: () => undefined,
    sessions: () => sessions,
    openSessionsMax: () => openMax,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  self.port = (server.address() as AddressInfo).port;
  return self;
}
