// The settings: the environment, read once at the start; every fault is reported, not only the first.

import { resolve } from 'node:path';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { findPlainAddress, requireTls } from './ground/database/index.ts';
import { type MailSender, parseMailSender, parseSmtpUrl, type SmtpServer } from './ground/mail/index.ts';
import { parseKeyRing } from './ground/secrets/index.ts';
import type { Operator } from './ground/terms.ts';

export type Config = {
  port: number;
  /** Address to listen on. */
  host: string;
  /** Where this gateway is reached from outside; no trailing slash. */
  publicUrl: string;
  /** Absolute. Holds the embedded database and generated secrets. */
  dataDir: string;
  /** Null: the embedded PostgreSQL. */
  databaseUrl: string | null;
  /** The role that owns the schema; null: migrate with `databaseUrl`. */
  migrationDatabaseUrl: string | null;
  /** Key ring text `id:base64,…`, the first key is current; null: generated (sandbox only). */
  secretKey: string | null;
  demo: boolean;
  role: 'serve' | 'work' | 'both';
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** Proxies whose X-Forwarded-For is believed: addresses or networks; empty: nobody's. */
  trustedProxies: string[];
  /** Names beside the public address's own that requests may call the gateway by. */
  allowedHosts: string[];
  /** A port of its own for /metrics; null: none. */
  metricsPort: number | null;
  /** What a reader of /metrics must send as a Bearer token; null: nothing. */
  metricsToken: string | null;
  /** Browsers are told to stay with https on the names below the gateway's too. */
  hstsSubdomains: boolean;
  /** Whether sandbox sites may have return and notification addresses on this machine. */
  allowLoopbackCallbacks: boolean;
  argon2: { memoryKib: number; passes: number; parallelism: number };
  /** Whom buyers read at the foot of every page; null: nobody is named. */
  operator: Operator | null;
  /** The server that sends mails, and their sender; null: none does. */
  mail: { server: SmtpServer; from: MailSender } | null;
};

/** The settings are wrong; the message lists every fault, one a line. */
export class ConfigFault extends Error {
  override name = 'ConfigFault';
  readonly faults: string[];

  constructor(faults: string[]) {
    super(['The settings are not right:', ...faults.map((fault) => `  - ${fault}`)].join('\n'));
    this.faults = faults;
  }
}

const projectDir = resolve(import.meta.dirname, '..');

/** Reads the settings from environment variables. @throws ConfigFault with all faults. */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  // An empty variable (as in `VIPAY_PORT= npm start` or a template file) is an absent one.
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = environmentSchema.safeParse(given);
  const faults = parsed.success ? [] : parsed.error.issues.map(describeIssue);
  faults.push(...findContradictions(given), ...findUnknownNames(given));
  if (!parsed.success || faults.length > 0) throw new ConfigFault(faults);
  return assemble(parsed.data);
}

const wholeWithin = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be between ${min} and ${max}`);

const whole = (min: number, max: number, fallback: number) => wholeWithin(min, max).default(fallback);

const yesOrNo = z.enum(['0', '1'], 'must be 0 or 1').transform((text) => text === '1');

const postgresUrl = z.string().refine((text) => {
  const url = URL.parse(text);
  return url !== null && ['postgres:', 'postgresql:'].includes(url.protocol) && url.pathname.length > 1;
}, 'must be an address such as postgres://user:password@host:5432/database');

const publicUrl = z.string().transform((text, context) => {
  const url = URL.parse(text);
  const isOrigin =
    url !== null && url.search === '' && url.hash === '' && url.username === '' && url.pathname === '/';
  if (isOrigin && (url.protocol === 'https:' || url.protocol === 'http:')) return url.origin;
  context.addIssue({
    code: 'custom',
    message: 'must be an address without path, such as https://pay.example.vn',
  });
  return z.NEVER;
});

const proxyList = z
  .string()
  .transform((text) => text.split(',').map((item) => item.trim()))
  .refine(
    (items) => items.every((item) => ipaddr.isValid(item) || ipaddr.isValidCIDR(item)),
    'must be addresses or networks, such as 10.0.0.5,192.168.0.0/16',
  )
  .default([]);

const hostList = z
  .string()
  .transform((text) => text.split(',').map((item) => item.trim().toLowerCase()))
  .refine(
    (items) => items.every((item) => /^(?:\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)$/.test(item)),
    'must be names without port, such as pay.internal,10.0.0.5',
  )
  .default([]);

const secretKeyText = z.string().superRefine((text, context) => {
  try {
    parseKeyRing(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: `is no key ring: ${(error as Error).message}` });
  }
});

/** Shown to every buyer, so on one line and of a sensible length. */
const shownText = z
  .string()
  .transform((text) => text.normalize('NFC').trim())
  .refine(
    (text) => text !== '' && text.length <= 120 && !/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(text),
    'must be one line of at most 120 characters',
  );

const mailSender = z.string().transform((text, context) => {
  const sender = parseMailSender(text);
  if (sender !== null) return sender;
  context.addIssue({
    code: 'custom',
    message: 'must be one address, with or without a name, such as viPay <no-reply@pay.example.vn>',
  });
  return z.NEVER;
});

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const environmentSchema = z.object({
  VIPAY_PORT: whole(0, 65_535, 8080),
  VIPAY_HOST: z.string().optional(),
  VIPAY_PUBLIC_URL: publicUrl.optional(),
  VIPAY_DATA_DIR: z.string().default('.vipay'),
  DATABASE_URL: postgresUrl.optional(),
  VIPAY_MIGRATION_DATABASE_URL: postgresUrl.optional(),
  VIPAY_DATABASE_TLS: z.enum(['require', 'off'], 'must be require or off').default('require'),
  // The driver takes a host that the address leaves out from here.
  PGHOST: z.string().optional(),
  VIPAY_SECRET_KEY: secretKeyText.optional(),
  VIPAY_DEMO: yesOrNo.optional(),
  VIPAY_ROLE: z.enum(['serve', 'work', 'both'], 'must be serve, work or both').default('both'),
  VIPAY_LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
  VIPAY_TRUSTED_PROXIES: proxyList,
  VIPAY_ALLOWED_HOSTS: hostList,
  VIPAY_HSTS_SUBDOMAINS: yesOrNo.optional(),
  VIPAY_METRICS_PORT: wholeWithin(1, 65_535).optional(),
  VIPAY_METRICS_TOKEN: z
    .string()
    .regex(/^[A-Za-z0-9._~+/=-]{16,200}$/, 'must be 16 to 200 of letters, digits and . _ ~ + / = -')
    .optional(),
  VIPAY_ALLOW_LOOPBACK_CALLBACKS: yesOrNo.optional(),
  // The least OWASP recommends for argon2id: 19 MiB, two passes, one lane. (The algorithm wants 8 KiB a lane.)
  VIPAY_ARGON2_MEMORY_KIB: whole(128, 1_048_576, 19_456),
  VIPAY_ARGON2_PASSES: whole(1, 100, 2),
  VIPAY_ARGON2_PARALLELISM: whole(1, 16, 1),
  VIPAY_OPERATOR_NAME: shownText.optional(),
  VIPAY_OPERATOR_CONTACT: shownText.optional(),
  VIPAY_SMTP_URL: z.string().optional(),
  VIPAY_SMTP_TLS: z.enum(['require', 'off'], 'must be require or off').default('require'),
  VIPAY_MAIL_FROM: mailSender.optional(),
});

/** Faults between settings; asked of the text as given, so that they are told beside the faults within one. */
function findContradictions(env: Record<string, string | undefined>): string[] {
  const demo = env.VIPAY_DEMO === undefined ? env.DATABASE_URL === undefined : env.VIPAY_DEMO === '1';
  const faults: [boolean, string][] = [
    [!demo && env.VIPAY_SECRET_KEY === undefined, 'VIPAY_SECRET_KEY is required outside the demo'],
    [!demo && env.VIPAY_PUBLIC_URL === undefined, 'VIPAY_PUBLIC_URL is required outside the demo'],
    [
      env.VIPAY_MIGRATION_DATABASE_URL !== undefined && env.DATABASE_URL === undefined,
      'VIPAY_MIGRATION_DATABASE_URL needs DATABASE_URL, the address of the running role',
    ],
    [
      env.VIPAY_METRICS_PORT !== undefined && env.VIPAY_METRICS_PORT === (env.VIPAY_PORT ?? '8080'),
      'VIPAY_METRICS_PORT must be another port than VIPAY_PORT',
    ],
    [
      env.VIPAY_OPERATOR_CONTACT !== undefined && env.VIPAY_OPERATOR_NAME === undefined,
      'VIPAY_OPERATOR_CONTACT needs VIPAY_OPERATOR_NAME: buyers must read whom they reach by it',
    ],
    [
      env.VIPAY_SMTP_URL !== undefined && env.VIPAY_MAIL_FROM === undefined,
      'VIPAY_SMTP_URL needs VIPAY_MAIL_FROM, the sender that readers see',
    ],
    [
      env.VIPAY_MAIL_FROM !== undefined && env.VIPAY_SMTP_URL === undefined,
      'VIPAY_MAIL_FROM needs VIPAY_SMTP_URL, the server that sends',
    ],
    [
      env.VIPAY_PORT === '0' && env.VIPAY_PUBLIC_URL === undefined,
      'VIPAY_PORT 0 (any free port) needs VIPAY_PUBLIC_URL, for the addresses in pages and results',
    ],
  ];
  return [
    ...faults.flatMap(([applies, fault]) => (applies ? [fault] : [])),
    ...findPlainAddresses(env),
    ...findSmtpFaults(env),
  ];
}

/** Here, because how the address is read depends on VIPAY_SMTP_TLS. The address holds a password and is not told. */
function findSmtpFaults(env: Record<string, string | undefined>): string[] {
  if (env.VIPAY_SMTP_URL === undefined) return [];
  const parsed = parseSmtpUrl(env.VIPAY_SMTP_URL, env.VIPAY_SMTP_TLS === 'off' ? 'off' : 'require');
  return parsed.ok ? [] : [`VIPAY_SMTP_URL ${parsed.fault}`];
}

function findPlainAddresses(env: Record<string, string | undefined>): string[] {
  if (env.VIPAY_DATABASE_TLS === 'off') return [];
  return ['DATABASE_URL', 'VIPAY_MIGRATION_DATABASE_URL'].flatMap((name) => {
    const fault = findPlainAddress(env[name] ?? '', env.PGHOST);
    return fault === null ? [] : [`${name} ${fault}`];
  });
}

function databaseAddress(
  url: string | undefined,
  env: Pick<z.output<typeof environmentSchema>, 'VIPAY_DATABASE_TLS' | 'PGHOST'>,
): string | null {
  if (url === undefined) return null;
  return env.VIPAY_DATABASE_TLS === 'off' ? url : requireTls(url, env.PGHOST);
}

function assemble(env: z.output<typeof environmentSchema>): Config {
  const url = env.VIPAY_PUBLIC_URL ?? `http://localhost:${env.VIPAY_PORT}`;
  const demo = env.VIPAY_DEMO ?? env.DATABASE_URL === undefined;
  return {
    port: env.VIPAY_PORT,
    host: env.VIPAY_HOST ?? defaultHost(url),
    publicUrl: url,
    dataDir: resolve(projectDir, env.VIPAY_DATA_DIR),
    databaseUrl: databaseAddress(env.DATABASE_URL, env),
    migrationDatabaseUrl: databaseAddress(env.VIPAY_MIGRATION_DATABASE_URL, env),
    secretKey: env.VIPAY_SECRET_KEY ?? null,
    demo,
    role: env.VIPAY_ROLE,
    logLevel: env.VIPAY_LOG_LEVEL,
    trustedProxies: env.VIPAY_TRUSTED_PROXIES,
    allowedHosts: env.VIPAY_ALLOWED_HOSTS,
    hstsSubdomains: env.VIPAY_HSTS_SUBDOMAINS ?? false,
    metricsPort: env.VIPAY_METRICS_PORT ?? null,
    metricsToken: env.VIPAY_METRICS_TOKEN ?? null,
    allowLoopbackCallbacks: env.VIPAY_ALLOW_LOOPBACK_CALLBACKS ?? demo,
    argon2: {
      memoryKib: env.VIPAY_ARGON2_MEMORY_KIB,
      passes: env.VIPAY_ARGON2_PASSES,
      parallelism: env.VIPAY_ARGON2_PARALLELISM,
    },
    operator:
      env.VIPAY_OPERATOR_NAME === undefined
        ? null
        : { name: env.VIPAY_OPERATOR_NAME, contact: env.VIPAY_OPERATOR_CONTACT ?? null },
    mail: mailOf(env),
  };
}

function mailOf(env: z.output<typeof environmentSchema>): Config['mail'] {
  if (env.VIPAY_SMTP_URL === undefined || env.VIPAY_MAIL_FROM === undefined) return null;
  const parsed = parseSmtpUrl(env.VIPAY_SMTP_URL, env.VIPAY_SMTP_TLS);
  return parsed.ok ? { server: parsed.server, from: env.VIPAY_MAIL_FROM } : null;
}

/** A gateway whose public address is localhost listens on this machine alone, unless VIPAY_HOST says more. */
function defaultHost(url: string): string {
  const { hostname } = new URL(url);
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname) ? '127.0.0.1' : '::';
}

function describeIssue(issue: z.core.$ZodIssue): string {
  return `${issue.path.join('.')} ${issue.message}`;
}

/** A misspelt setting would otherwise be a setting silently not made. */
function findUnknownNames(env: Record<string, unknown>): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('VIPAY_') && !(name in environmentSchema.shape))
    .map((name) => `${name} is not a setting of viPay (misspelt?)`);
}
