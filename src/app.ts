// Assembles the gateway: the modules on one HTTP server, in the order the money takes, and the work beside it.

import type { FastifyInstance } from 'fastify';
import { auditJobs } from './business/audit/index.ts';
import { startMailSender } from './business/messages/index.ts';
import {
  type Dispatcher,
  exposeNotifications,
  notificationJobs,
  startDispatcher,
} from './business/notifications/index.ts';
import { paymentJobs } from './business/payments/index.ts';
import { retentionJobs } from './business/retention/index.ts';
import { exposeVerification, verificationJobs } from './business/verification/index.ts';
import { walletJobs } from './business/wallets/index.ts';
import type { Config } from './config.ts';
import { registerCheckout } from './edges/checkout/index.ts';
import { errorPage } from './edges/checkout/pages/index.ts';
import { registerEntrances } from './edges/entrances/index.ts';
import { registerSandbox, startPath } from './edges/sandbox/index.ts';
import type { Context } from './ground/context.ts';
import {
  type DatabaseWatch,
  openDatabase,
  readDatabaseMark,
  watchDatabase,
} from './ground/database/index.ts';
import { createServer, type MetricsAccess, registerHealth, registerMetrics } from './ground/http/index.ts';
import { assembleJobs, type JobHands, type Jobs, startJobs, type TimedJob } from './ground/jobs/index.ts';
import { exposeOperation } from './operation-metrics.ts';

export type AppOptions = {
  /** Proxies whose X-Forwarded-For is believed. */
  trustedProxies?: string[];
  /** Names beside the public address's own that requests may call the gateway by. */
  allowedHosts?: string[];
  /** Browsers stay with https on the names below the gateway's too. */
  hstsSubdomains?: boolean;
  /** Who may read /metrics here. */
  metrics?: MetricsAccess;
  /** The demo's pages (start page, inbox, shop); null outside the demo. */
  sandbox: { shopUrl: () => string | null; testWallet: { phone: string; pin: string } } | null;
  /** True once the process has been told to stop. */
  isStopping?: () => boolean;
  /** Of the database; the server makes its own when none is given. */
  watch?: DatabaseWatch;
};

/** The server with every route; the caller listens. */
export function createApp(context: Context, options: AppOptions): FastifyInstance {
  const app = createServer({
    context,
    errorPage: (view) =>
      errorPage({ ...view, operator: context.operator, homePath: options.sandbox ? startPath : null }),
    trustProxy: options.trustedProxies ?? [],
    allowedHosts: options.allowedHosts ?? [],
    hstsSubdomains: options.hstsSubdomains ?? false,
  });
  const watch = options.watch ?? watchDatabase(context.db.url);
  if (!options.watch) app.addHook('onClose', () => watch.stop());
  registerHealth(app, { watch, isStopping: options.isStopping });
  registerMetrics(app, context.publicUrl, options.metrics ?? 'local');
  // So that the command line can say when it works on another database than this gateway.
  app.get('/healthz/database', { config: { anyHost: true } }, async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ database: await readDatabaseMark(context.db) }),
  );
  exposeVerification(context);
  exposeNotifications(context);
  exposeOperation(context);
  registerEntrances(app, context);
  registerCheckout(app, context, { testWallet: options.sandbox?.testWallet ?? null });
  if (options.sandbox) registerSandbox(app, context, options.sandbox);
  return app;
}

/** A server of its own for /metrics, and nothing else; the caller listens. */
export function createMetricsApp(
  context: Pick<Context, 'clock' | 'log' | 'publicUrl'>,
  access: MetricsAccess,
): FastifyInstance {
  const app = createServer({ context, errorPage });
  registerMetrics(app, context.publicUrl, access);
  return app;
}

/** Everything that comes by the clock, of every module. docs/operating/jobs.md describes each. */
export function listJobs(hands: JobHands<Context>): TimedJob[] {
  return [
    ...paymentJobs(hands),
    ...walletJobs(hands),
    ...notificationJobs(hands),
    ...retentionJobs(hands),
    ...auditJobs(hands),
    ...verificationJobs(hands),
  ];
}

/**
 * A verification takes hours and a sweep may take minutes. The jobs of every minute have places beside them.
 */
const jobsAtATime = 5;
const jobConnectionsMax = 8;

export type Work = { stop(): Promise<void> };

/** Notifications, mails and what comes by the clock. `databaseUrl` is the running role's, direct. */
export async function startWork(
  context: Context,
  config: Pick<Config, 'allowLoopbackCallbacks'> & Partial<Pick<Config, 'mail'>>,
  databaseUrl: string,
): Promise<Work> {
  const stopping = new AbortController();
  // Jobs have connections of their own. So a job of some minutes is not ended by a page's time limits, and
  // does not take a page's connection.
  const db = openDatabase(databaseUrl, {
    max: jobConnectionsMax,
    purpose: 'job',
    applicationName: 'vipay jobs',
  });
  const hands = { context: { ...context, db }, signal: stopping.signal };
  const jobs: Jobs = await startJobs({
    connection: databaseUrl,
    ...assembleJobs(listJobs(hands)),
    log: context.log,
    concurrency: jobsAtATime,
  }).catch(async (error) => {
    await db.destroy();
    throw error;
  });
  const dispatcher: Dispatcher = startDispatcher(context, {
    callbacks: { allowLoopback: config.allowLoopbackCallbacks, requireHttps: false },
  });
  const mails = config.mail ? startMailSender(context, config.mail) : null;
  return {
    async stop() {
      stopping.abort();
      await Promise.all([jobs.stop(), dispatcher.stop(), mails?.stop()]);
      await db.destroy();
    },
  };
}
