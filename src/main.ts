// Start and stop of one gateway process; nothing else. Every fault that a person can mend is said in a sentence.

import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { createApp, createMetricsApp, startWork, type Work } from './app.ts';
import { listSites } from './business/merchants/index.ts';
import { type Config, ConfigFault, loadConfig } from './config.ts';
import { createContext } from './create-context.ts';
import { type DemoShop, payingWallet, seedSandbox, startDemoShop, testPin } from './edges/sandbox/index.ts';
import type { Context } from './ground/context.ts';
import {
  type DatabaseWatch,
  describeFileFault,
  type EmbeddedPostgres,
  examineServer,
  fewConnections,
  findServerUser,
  followChanges,
  GroundFault,
  guardClock,
  migrate,
  openDatabase,
  openEmbeddedPostgres,
  prepareDataDir,
  SchemaRefusal,
  type ServerFinding,
  tellDatabaseFault,
  watchDatabase,
} from './ground/database/index.ts';
import type { MetricsAccess } from './ground/http/index.ts';
import {
  createLogger,
  type Logger,
  makeRoomForLastLines,
  outliveBrokenOutput,
  outliveStrayErrors,
  say,
  sayWhenSlow,
  tellLibraryConsole,
  writeLastLines,
} from './ground/log/index.ts';
import { letHashingGiveWay } from './ground/secrets/index.ts';
import { systemClock } from './ground/time/index.ts';
import { openKeyRing } from './open-key-ring.ts';

/** A stop that takes longer than this is ended. Unfinished work is safe in the database. */
const stopWithinMs = 25_000;
/** Longer than a reader of the log may pause, and short beside a supervisor's patience. */
const lastLinesWithinMs = 3_000;

class StartFault extends Error {}

const databaseConnectionsMax = 20;
/** A server that has become the primary is known this soon. */
const watchEveryMs = 1_000;

/** The started parts, in that order. They are stopped in the reverse order. */
const started: { name: string; stop: () => Promise<void> }[] = [];
let stopping = false;
/** Until everything runs, /readyz says no: a load balancer may wait, an operator's script too. */
let ready = false;

async function start(): Promise<void> {
  const config = loadConfig(process.env);
  const log = createLogger(config.logLevel);
  tellLibraryConsole(log);
  const serves = config.role !== 'work';
  // Asked before anything is started, so that the most common fault shows at once.
  if (serves) await claimPort(config);
  await prepareFolder(config);
  const urls = await openStore(config);
  await step('the database to be looked at', () => refuseUnfitServer(urls.url));
  await step('the database to answer and to be brought up to date', () =>
    migrate({ ownerUrl: urls.ownerUrl, appUrl: urls.url, say }),
  );

  const db = openDatabase(urls.url, { max: databaseConnectionsMax, few: fewConnections, purpose: 'page' });
  started.push({ name: 'database', stop: () => db.destroy() });
  const changes = followChanges(db, {
    onLost: (err) => log.warn({ err }, 'no word of changes is heard: everything is read anew until it is'),
  });
  started.push({ name: 'changes', stop: () => changes.stop() });
  const secretKey = await step('the key ring to be held against the database', () =>
    openKeyRing(config, db, { say }),
  );
  const watch = await openWatch(urls.url, log);
  const context = createContext(config, { db, log, secretKey, clock: guardClock(systemClock, watch) });
  let shop: DemoShop | null = null;
  const makeApp = () =>
    createApp(context, {
      trustedProxies: config.trustedProxies,
      allowedHosts: config.allowedHosts,
      hstsSubdomains: config.hstsSubdomains,
      metrics: metricsAccess(config),
      sandbox: config.demo
        ? { shopUrl: () => shop?.url() ?? null, testWallet: { phone: payingWallet.phone, pin: testPin } }
        : null,
      isStopping: () => stopping || !ready,
      watch,
    });
  if (serves) await letHashingGiveWay();
  const app = serves ? makeApp() : null;
  await waitUntilWell(watch, async () => app && listen(app, config));
  if (config.demo) shop = await step('the demo to be set up', () => openDemo(context, config, serves));
  if (app) started.push({ name: 'http', stop: () => app.close() });
  if (app && !app.server.listening) await listen(app, config);
  if (config.metricsPort !== null) await openMetrics(context, config, config.metricsPort);
  // Started last and stopped first, because its calls may come back to this server.
  if (config.role !== 'serve') {
    const work: Work = await step('the jobs to start', () => startWork(context, config, urls.url));
    started.push({ name: 'work', stop: () => work.stop() });
  }
  ready = true;
  // Not earlier, because an error during the start must end the start.
  outliveStrayErrors(log);
  greet(config);
}

/**
 * Reports unusual settings of this database server, and stops the start when the gateway could not work
 * correctly.
 */
async function refuseUnfitServer(url: string): Promise<void> {
  const findings = await examineServer(url);
  const tell = ({ found, advice }: ServerFinding) => (advice === undefined ? found : `${found} ${advice}`);
  const faults = findings.filter(({ level }) => level === 'fail').map(tell);
  if (faults.length > 0) throw new StartFault(`The database cannot be used. ${faults.join('\n')}`);
  for (const finding of findings.filter(({ level }) => level === 'note' || level === 'warn'))
    say(`database: ${tell(finding)}`);
}

async function openWatch(url: string, log: Logger): Promise<DatabaseWatch> {
  const watch = watchDatabase(url, {
    everyMs: watchEveryMs,
    onChange: (standing) =>
      standing.ok
        ? log.info('the database can be worked with again')
        : log.error({ reason: standing.reason }, standing.says),
  });
  started.push({ name: 'watch', stop: () => watch.stop() });
  await watch.ask();
  return watch;
}

/** Waits for a fault that passes by itself, such as a clock that is being set. Meanwhile /readyz says why. */
async function waitUntilWell(watch: DatabaseWatch, listenEarly: () => Promise<unknown>): Promise<void> {
  const standing = await watch.ask();
  if (standing.ok) return;
  say(`viPay is not ready yet and waits. ${standing.says}`);
  await listenEarly();
  while (!stopping && !(await watch.ask()).ok) await delay(watchEveryMs);
}

/** A person at the terminal is told of every wait. */
async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  return sayWhenSlow(say, what, work);
}

async function prepareFolder({ dataDir, databaseUrl }: Config): Promise<void> {
  const serverUser = databaseUrl === null ? findServerUser() : null;
  await prepareDataDir(dataDir, { serverUser, say }).catch((error: unknown) => {
    const why = describeFileFault(error) ?? (error as Error).message;
    throw new ConfigFault([`VIPAY_DATA_DIR ${dataDir} cannot be used. ${why}`]);
  });
}

/** For the gateway's own port. When the metrics have a port of their own, they are not shown here. */
function metricsAccess({ metricsPort, metricsToken }: Config): MetricsAccess {
  if (metricsPort !== null) return 'closed';
  return metricsToken === null ? 'local' : { token: metricsToken };
}

/** Without a token the port is this machine's alone; with one it listens where the gateway does. */
async function openMetrics(context: Context, config: Config, port: number): Promise<void> {
  const token = config.metricsToken;
  const app = createMetricsApp(context, token === null ? 'open' : { token });
  started.push({ name: 'metrics', stop: () => app.close() });
  const host = token === null ? '127.0.0.1' : config.host;
  await app.listen({ port, host }).catch((error: unknown) => {
    throw portFault(error, { port, host }, 'VIPAY_METRICS_PORT');
  });
}

async function openDemo(context: Context, config: Config, serves: boolean): Promise<DemoShop | null> {
  const [live] = await listSites(context.db, { environment: 'live', limit: 1 });
  if (live) {
    throw new StartFault(
      `This database holds a live site (${live.merchantSite}): the demo, whose inbox is open to everybody, does not start beside it. Start with VIPAY_DEMO=0, or use another database.`,
    );
  }
  const publicShopUrl = `${config.publicUrl}/shop`;
  const { credentials } = await seedSandbox(context, { shopBaseUrl: publicShopUrl, dataDir: config.dataDir });
  if (!serves) return null;
  const shop = await startDemoShop(context, {
    gatewayUrl: config.publicUrl,
    publicShopUrl,
    credentials,
    dataDir: config.dataDir,
  });
  started.push({ name: 'shop', stop: () => shop.stop() });
  return shop;
}

async function openStore(config: Config): Promise<{ url: string; ownerUrl: string }> {
  if (config.databaseUrl !== null) {
    return { url: config.databaseUrl, ownerUrl: config.migrationDatabaseUrl ?? config.databaseUrl };
  }
  const postgres: EmbeddedPostgres = await openEmbeddedPostgres({
    dataDir: config.dataDir,
    say,
    onLost: (error) => {
      if (!stopping) void stop(1, `the embedded database went away: ${error.message}`);
    },
  });
  started.push({ name: 'postgres', stop: () => postgres.stop() });
  return { url: postgres.socketUrl, ownerUrl: postgres.ownerUrl };
}

/**
 * Takes the port and gives it back. The gateway listens on it at the end of the start, when it can answer.
 */
async function claimPort(config: Config): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const probe = createServer().once('error', reject);
  probe.listen({ port: config.port, host: config.host }, () => probe.close(() => resolve()));
  await promise.catch((error: unknown) => {
    throw portFault(error, config);
  });
}

async function listen(app: FastifyInstance, config: Config): Promise<void> {
  await app.listen({ port: config.port, host: config.host }).catch((error: unknown) => {
    throw portFault(error, config);
  });
}

function portFault(
  error: unknown,
  { port, host }: Pick<Config, 'port' | 'host'>,
  setting = 'VIPAY_PORT',
): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new StartFault(
        `Port ${port} is taken by another program (or by a viPay that runs already). Stop that one, or choose another port: ${setting}=${port + 1} npm start`,
      );
    case 'EACCES':
      return new StartFault(
        `Port ${port} needs more rights than this user has; choose one above 1023 (${setting}).`,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EADDRNOTAVAIL':
      return new StartFault(`This machine has no address ${host}; correct VIPAY_HOST.`);
    default:
      return error;
  }
}

function greet(config: Config): void {
  if (!config.demo) {
    say(`viPay is ready at ${config.publicUrl} (${config.role}).`);
    if (config.operator === null)
      say('Buyers are not told who runs this gateway: set VIPAY_OPERATOR_NAME and VIPAY_OPERATOR_CONTACT.');
    if (config.mail === null)
      say('Mail is off, so mails to people cannot be sent: set VIPAY_SMTP_URL and VIPAY_MAIL_FROM.');
    return;
  }
  say(
    [
      '',
      `  viPay sẵn sàng – viPay is ready:  ${config.publicUrl}`,
      '',
      `  1. Mở cửa hàng – open the shop:    ${config.publicUrl}/shop`,
      `  2. Trả bằng ví – pay as:           ${payingWallet.phone}, PIN ${testPin}`,
      `  3. Mã OTP ở – codes arrive in:     ${config.publicUrl}/sandbox/inbox`,
      '',
      `  Dữ liệu – data: ${config.dataDir}   Lệnh – commands: npx vipay --help   Dừng – stop: Ctrl+C`,
      '',
    ].join('\n'),
  );
}

async function stop(exitCode: number, reason?: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  makeRoomForLastLines();
  if (reason) process.stderr.write(`viPay stops: ${reason}\n`);
  let waitsFor = '';
  setTimeout(() => {
    process.stderr.write(`viPay: ${waitsFor} did not stop within ${stopWithinMs / 1_000} s; it is ended.\n`);
    process.exit(exitCode || 1);
  }, stopWithinMs).unref();
  for (const part of started.reverse()) {
    waitsFor = part.name;
    await step(`${part.name} to stop`, part.stop).catch((error: unknown) => {
      process.stderr.write(`viPay: ${part.name} did not stop cleanly: ${(error as Error).message}\n`);
    });
  }
  await writeLastLines(lastLinesWithinMs);
  process.exit(exitCode);
}

outliveBrokenOutput();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(0));
// The terminal was closed. Without a terminal (nohup, a supervisor) the signal keeps its other meaning.
if (process.stdout.isTTY) process.on('SIGHUP', () => void stop(0));

start().catch((error: unknown) => {
  const isKnown =
    error instanceof ConfigFault ||
    error instanceof SchemaRefusal ||
    error instanceof GroundFault ||
    error instanceof StartFault;
  const { message, stack } = error as Error;
  const told = isKnown ? message : (describeFileFault(error) ?? tellDatabaseFault(error) ?? stack ?? message);
  process.stderr.write(`${told}\n`);
  void stop(1);
});
