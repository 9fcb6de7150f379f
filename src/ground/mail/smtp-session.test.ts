import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  startSmtpServer,
  type TestSmtpOptions,
  type TestSmtpServer,
} from '../../../tests/support/smtp-server.ts';
import selfSigned from '../outgoing/fixtures/shop-example-certificate.json' with { type: 'json' };
import authority from '../outgoing/fixtures/test-authority.json' with { type: 'json' };
import { composeMail, openSmtpSession, type SmtpLimits, type SmtpServer } from './index.ts';

const limits: SmtpLimits = { connectMs: 400, silenceMs: 400, attemptMs: 1_000 };
const servers: TestSmtpServer[] = [];
after(() => Promise.all(servers.map((server) => server.stop())));

async function start(options: TestSmtpOptions = {}): Promise<TestSmtpServer> {
  const server = await startSmtpServer(options);
  servers.push(server);
  return server;
}

function reach({ port }: { port: number }, more: Partial<SmtpServer> = {}): SmtpServer {
  return { host: '127.0.0.1', port, encryption: 'clear', signIn: null, ...more };
}

const trust = { serverName: 'shop.example', certificates: authority.root };
const leaf = { cert: authority.leaf.certificate + authority.intermediate, key: authority.leaf.privateKey };

const from = { name: 'viPay "thử"', address: 'no-reply@pay.example.vn' };
const mail = {
  id: '0192',
  from,
  to: 'an@example.vn',
  subject: 'Xác nhận',
  text: 'Chào\n.\nbạn',
  html: '<p>Chào</p>',
  at: new Date('2026-11-23T03:00:00Z'),
};

async function send(server: SmtpServer, to = 'an@example.vn') {
  const opened = await openSmtpSession(server, { limits });
  if (!opened.ok) return { ...opened.outcome, textBegun: false };
  const message = await composeMail({ ...mail, to });
  const outcome = await opened.session.send({
    from: from.address,
    to,
    message,
    beforeText: async () => undefined,
  });
  opened.session.close();
  return outcome;
}

test('a mail is handed over whole, its dots kept, with its own id and as written by a machine', async () => {
  const server = await start();
  const outcome = await send(reach(server));
  assert.equal(outcome.kind, 'accepted');
  const [received] = server.received;
  assert.equal(received?.from, 'no-reply@pay.example.vn');
  assert.equal(received?.to, 'an@example.vn');
  assert.match(received?.message ?? '', /^Message-ID: <0192@pay\.example\.vn>\r$/m);
  assert.match(received?.message ?? '', /^Auto-Submitted: auto-generated\r$/m);
  assert.match(received?.message ?? '', /^Date: Mon, 23 Nov 2026 03:00:00 \+0000\r$/m);
  assert.match(received?.message ?? '', /^Content-Type: multipart\/alternative;/m);
  assert.match(received?.message ?? '', /\r\n\.\r\n|=\r\n\.|^\.\r$/m);
});

test('the same mail is the same bytes each time, however long its subject', async () => {
  const long = { ...mail, subject: 'Xác nhận địa chỉ '.repeat(20) };
  const [first, second] = [await composeMail(long), await composeMail(long)];
  assert.deepEqual(first, second);
  for (const line of first.toString('latin1').split('\r\n')) assert.ok(line.length <= 78, line);
  assert.match(first.toString('latin1'), /^[\x20-\x7e\r\n]*$/);
});

test('one session sends one mail after another', async () => {
  const server = await start();
  const opened = await openSmtpSession(reach(server), { limits });
  assert.ok(opened.ok);
  for (const to of ['a@example.vn', 'b@example.vn']) {
    const message = await composeMail({ ...mail, to });
    const sent = await opened.session.send({
      from: from.address,
      to,
      message,
      beforeText: async () => undefined,
    });
    assert.equal(sent.kind, 'accepted');
  }
  opened.session.close();
  assert.equal(server.sessions(), 1);
  assert.deepEqual(
    server.received.map(({ to }) => to),
    ['a@example.vn', 'b@example.vn'],
  );
});

test('hostile subjects, names and recipients end no header and no command', async () => {
  const server = await start();
  const subject = 'x\r\nBcc: evil@example.com\r\n\r\nbody';
  const message = await composeMail({
    ...mail,
    subject,
    from: { name: 'a\r\nBcc: evil@example.com', address: from.address },
  });
  const [head = ''] = message.toString().split('\r\n\r\n');
  assert.doesNotMatch(head, /^Bcc:/im);
  const opened = await openSmtpSession(reach(server), { limits });
  assert.ok(opened.ok);
  const to = 'an@example.vn>\r\nRCPT TO:<evil@example.com';
  const sent = await opened.session.send({
    from: from.address,
    to,
    message,
    beforeText: async () => undefined,
  });
  assert.notEqual(sent.kind, 'accepted');
  assert.deepEqual(
    server.lines.filter((line) => line.includes('evil')),
    [],
  );
});

test('what the server refuses has a name: for now, for good, mailbox full for now and for good', async () => {
  const server = await start();
  const cases: [stage: string, reply: string, kind: string, meaning: string, concernsServer: boolean][] = [
    ['greeting', '421 4.3.2 too busy', 'server_refused', 'later', true],
    ['greeting', '554 5.3.2 no service', 'server_refused', 'later', true],
    ['mail', '451 4.3.0 later', 'refused_for_now', 'later', true],
    ['mail', '550 5.7.1 not your sender', 'sender_refused', 'later', true],
    ['mail', '530 5.7.0 sign in', 'sign_in_failed', 'later', true],
    ['rcpt', '451 4.7.1 greylisted', 'refused_for_now', 'later', false],
    ['rcpt', '452 4.2.2 mailbox full', 'refused_for_now', 'later', false],
    ['rcpt', '552 5.2.2 mailbox full', 'mailbox_full', 'never', false],
    ['rcpt', '550 5.2.2 over quota', 'mailbox_full', 'never', false],
    ['rcpt', '550 5.1.1 nobody here', 'refused', 'never', false],
    ['data', '451 4.3.0 later', 'refused_for_now', 'later', false],
    ['text', '451 4.3.0 later', 'refused_for_now', 'later', false],
    ['text', '554 5.7.1 looks like spam', 'refused', 'never', false],
    ['text', '421 4.4.2 closing', 'server_refused', 'later', true],
  ];
  for (const [at, reply, kind, meaning, concernsServer] of cases) {
    server.behave = (stage) => (stage === at ? reply : undefined);
    const outcome = await send(reach(server));
    assert.deepEqual(
      { at, reply, kind: outcome.kind, meaning: outcome.meaning, concernsServer: outcome.concernsServer },
      { at, reply, kind, meaning, concernsServer },
    );
    if (at !== 'greeting') assert.match(outcome.reply, new RegExp(reply.slice(0, 3)));
  }
  assert.deepEqual(server.received, []);
});

test('silence and cuts before the text are known not to have sent it; behind it nobody knows', async () => {
  const server = await start();
  for (const stage of ['greeting', 'ehlo', 'mail', 'rcpt', 'data'] as const) {
    for (const how of ['cut', 'hang']) {
      server.behave = (at) => (at === stage ? how : undefined);
      const outcome = await send(reach(server));
      assert.equal(outcome.meaning, 'later', `${how} at ${stage}: ${outcome.kind}`);
      assert.equal(outcome.kind, how === 'cut' ? 'connection_cut' : 'timed_out', `${how} at ${stage}`);
      assert.equal(outcome.textBegun, false);
    }
  }
  for (const [stage, how] of [
    ['in_text', 'cut'],
    ['in_text', 'hang'],
    ['text', 'cut'],
    ['text', 'hang'],
    ['text', 'cut after taking'],
  ] as const) {
    server.behave = (at) => (at === stage ? how : undefined);
    const outcome = await send(reach(server));
    assert.deepEqual(
      { stage, how, kind: outcome.kind, meaning: outcome.meaning },
      { stage, how, kind: 'answer_lost', meaning: 'unknown' },
    );
  }
});

test('nobody there, and a name that is none, is a connection that failed', async () => {
  const gone = await startSmtpServer();
  await gone.stop();
  assert.equal((await send(reach(gone))).kind, 'connection_failed');
  assert.equal((await send(reach(gone, { host: 'no-such-name.invalid' }))).kind, 'connection_failed');
});

test('STARTTLS is required: a good certificate passes; none, a broken one, an expired one, another name do not', async () => {
  const encryption = 'starttls';
  const good = await start({ tls: 'offered', certificate: leaf, signIn: { user: 'gw', password: 'p@ss:1' } });
  const signIn = { user: 'gw', password: 'p@ss:1' };
  assert.equal((await send(reach(good, { encryption, trust, signIn }))).kind, 'accepted');
  const sent = good.lines.filter((line) => line.startsWith('AUTH'));
  assert.equal(sent.length, 1);

  const of = (certificate: string, privateKey: string): TestSmtpOptions => ({
    tls: 'offered',
    certificate: { cert: certificate + authority.intermediate, key: privateKey },
  });
  const { leaf: trusted, expired } = authority;
  const bad: [why: RegExp, TestSmtpOptions, SmtpServer['trust']?][] = [
    [/502 5\.5\.1/, { tls: 'none' }, trust],
    [/wrong version|SSL/i, { tls: 'broken' }, trust],
    [/issuer/, of(trusted.certificate, trusted.privateKey)],
    [
      /does not match/,
      of(trusted.certificate, trusted.privateKey),
      { ...trust, serverName: 'other.example' },
    ],
    [/expired/, of(expired.certificate, expired.privateKey), trust],
    [/self-signed/, of(selfSigned.certificate, selfSigned.privateKey), trust],
  ];
  for (const [why, options, known] of bad) {
    const server = await start({ ...options, signIn });
    const outcome = await send(reach(server, { encryption, signIn, ...(known ? { trust: known } : {}) }));
    assert.equal(outcome.kind, 'tls_failed', outcome.reply);
    assert.match(outcome.reply, why);
    assert.ok(outcome.concernsServer);
    assert.deepEqual(
      server.lines.filter((line) => /^(AUTH|MAIL)/.test(line)),
      [],
      'no password in clear',
    );
    assert.doesNotMatch(outcome.reply, /p@ss/);
  }
});

test('TLS from the first byte works likewise', async () => {
  const server = await start({ tls: 'implicit', certificate: leaf });
  assert.equal((await send(reach(server, { encryption: 'tls', trust }))).kind, 'accepted');
  assert.equal((await send(reach(server, { encryption: 'tls' }))).kind, 'tls_failed');
});

test('a wrong password is told as such, and never repeated in the reply', async () => {
  const server = await start({ signIn: { user: 'gw', password: 'right' } });
  const outcome = await send(reach(server, { signIn: { user: 'gw', password: 'wrong-secret' } }));
  assert.equal(outcome.kind, 'sign_in_failed');
  assert.doesNotMatch(outcome.reply, /wrong-secret/);
});

test('an attempt that drags on is ended', async () => {
  const server = await start();
  server.behave = async (stage) => {
    if (stage === 'mail' || stage === 'rcpt' || stage === 'data')
      await new Promise((done) => setTimeout(done, 390));
    return undefined;
  };
  assert.equal((await send(reach(server))).kind, 'timed_out');
  assert.deepEqual(server.received, []);
});

test('a server that stops reading in the middle of a long text does not keep us', async () => {
  const server = await start();
  server.behave = (stage) => (stage === 'in_text' ? 'read no more' : undefined);
  const opened = await openSmtpSession(reach(server), { limits });
  assert.ok(opened.ok);
  const message = Buffer.from('x'.repeat(70).concat('\r\n').repeat(13_000));
  const began = performance.now();
  const to = 'an@example.vn';
  const outcome = await opened.session.send({
    from: from.address,
    to,
    message,
    beforeText: async () => undefined,
  });
  assert.equal(outcome.kind, 'answer_lost');
  assert.ok(performance.now() - began < 2_000);
  assert.deepEqual(server.received, []);
});

test('when the text may not go, none goes', async () => {
  const server = await start();
  const opened = await openSmtpSession(reach(server), { limits });
  assert.ok(opened.ok);
  const beforeText = () => Promise.reject(new Error('the lease is over'));
  const outcome = await opened.session.send({
    from: from.address,
    to: 'an@example.vn',
    message: Buffer.from('x'),
    beforeText,
  });
  assert.equal(outcome.kind, 'stopped');
  assert.deepEqual(server.received, []);
});
