// Whether the gateway can work on this server and database, and through this connection. The start and doctor
// ask, on a session as the database makes it, not as we set it up. Reads only.

import pg from 'pg';
import { clockDifferenceMsMax } from './database-watch.ts';
import { findSharedBackend } from './find-pooler.ts';
import { sessionSettings } from './session.ts';

export type ServerFinding = {
  /** `fail`: the gateway does not start. `warn`: somebody should look at it. `note`: unusual, but no harm. */
  level: 'ok' | 'note' | 'warn' | 'fail';
  check: string;
  found: string;
  advice?: string;
};

const serverVersionMin = 15;
const answerMsMax = 10_000;

/** @throws what the driver throws when nothing can be asked. */
export async function examineServer(url: string): Promise<ServerFinding[]> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'vipay check',
    connectionTimeoutMillis: answerMsMax,
    query_timeout: answerMsMax,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const facts = await readFacts(client);
    const severe = checkKind(facts);
    if (severe.some((finding) => finding.level === 'fail')) return severe;
    const pooler = await checkPooler(url);
    // Behind a pooler, any session might answer the other questions.
    if (pooler.length > 0) return [...severe, ...pooler];
    return [
      ...severe,
      ...(await checkTimeZone(client)),
      ...(await checkClock(client)),
      ...(await checkCollations(client)),
      ...(await checkSettings(client)),
    ];
  } finally {
    await client.end().catch(() => undefined);
  }
}

type Facts = {
  version: number;
  is_standby: boolean;
  is_read_only: boolean;
  encoding: string;
  role: string;
  database: string;
  replication_role: string;
  fsync: boolean;
};

async function readFacts(client: pg.Client): Promise<Facts> {
  const { rows } = await client.query<Facts>(
    `select current_setting('server_version_num')::int / 10000 as version, pg_is_in_recovery() as is_standby,
      current_setting('transaction_read_only')::boolean as is_read_only,
      current_setting('server_encoding') as encoding, current_user::text as role, current_database()::text as database,
      current_setting('session_replication_role') as replication_role,
      current_setting('fsync')::boolean and current_setting('full_page_writes')::boolean as fsync`,
  );
  const [facts] = rows;
  if (facts === undefined) throw new Error('the database did not say what it is');
  return facts;
}

function checkKind(facts: Facts): ServerFinding[] {
  const findings: (ServerFinding | false)[] = [
    facts.version < serverVersionMin && {
      level: 'fail',
      check: 'server',
      found: `PostgreSQL ${serverVersionMin} or later is needed; this server is ${facts.version}.`,
      advice: 'Upgrade it.',
    },
    facts.is_standby && {
      level: 'fail',
      check: 'server',
      found: 'This server is a standby: it only reads.',
      advice: 'Point DATABASE_URL at the primary, or promote this one.',
    },
    !facts.is_standby &&
      facts.is_read_only && {
        level: 'fail',
        check: 'server',
        found:
          'This server only reads: default_transaction_read_only is on for it, the database or the role.',
        advice: 'Find out why (a full disk, a hand-over to another server) before it is set off.',
      },
    facts.encoding !== 'UTF8' && {
      level: 'fail',
      check: 'encoding',
      found: `The database ${facts.database} has the encoding ${facts.encoding}, which cannot hold Vietnamese.`,
      advice: `Make another: create database … encoding 'UTF8' template template0; then point DATABASE_URL at it.`,
    },
    facts.replication_role !== 'origin' && {
      level: 'fail',
      check: 'session',
      found: `session_replication_role is ${facts.replication_role} for this role: triggers and foreign keys do not hold.`,
      advice: `As superuser: alter role ${facts.role} reset session_replication_role; the same for the database.`,
    },
    !facts.fsync && {
      level: 'warn',
      check: 'durability',
      found: 'fsync or full_page_writes is off: a crash of that machine may lose payments that buyers saw.',
      advice: 'Set both on, unless this is a test.',
    },
  ];
  return findings.filter((finding) => finding !== false);
}

async function checkPooler(url: string): Promise<ServerFinding[]> {
  const shared = await findSharedBackend(url);
  if (shared === null) return [];
  return [
    {
      level: 'fail',
      check: 'pooler',
      found: `DATABASE_URL leads through a pooler that shares connections between clients (${shared}).`,
      advice:
        'Use its session mode (PgBouncer: pool_mode = session), or the server itself: settings, prepared statements, locks and LISTEN belong to a session.',
    },
  ];
}

/** The day of a payment is Vietnam's: seven hours ahead, the whole year. */
async function checkTimeZone(client: pg.Client): Promise<ServerFinding[]> {
  const right = await client
    .query<{ right: boolean }>(
      `select bool_and(extract(hour from at at time zone 'UTC' at time zone 'Asia/Ho_Chi_Minh') = 7) as right
       from unnest(array['2026-01-15'::timestamp, '2026-07-15'::timestamp]) as day (at)`,
    )
    .then(
      ({ rows }) => rows[0]?.right === true,
      // 22023: the zone is not known at all.
      () => false,
    );
  if (right) return [];
  return [
    {
      level: 'fail',
      check: 'time zone',
      found:
        'The server does not know Asia/Ho_Chi_Minh as seven hours ahead of UTC: days and months would end at another time.',
      advice: "Install the system's time zone data (tzdata) on the server and restart it.",
    },
  ];
}

async function checkClock(client: pg.Client): Promise<ServerFinding[]> {
  const [askedAt, asked] = [Date.now(), performance.now()];
  const { rows } = await client.query<{ now_ms: string }>(
    'select (extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms',
  );
  const halfMs = (performance.now() - asked) / 2;
  const differenceMs = askedAt + halfMs - Number(rows[0]?.now_ms);
  const isOff = Math.abs(differenceMs) - halfMs > clockDifferenceMsMax;
  const seconds = (differenceMs / 1000).toFixed(1);
  return [
    isOff
      ? {
          // No reason to refuse the start: the gateway waits until the clock is set.
          level: 'warn',
          check: 'clock',
          found: `This machine's clock is ${seconds} s off the database's. The gateway takes nothing until they agree.`,
          advice: 'Let a time service (chrony, systemd-timesyncd) set both.',
        }
      : { level: 'ok', check: 'clock', found: `${seconds} s off the database's.` },
  ];
}

/**
 * Text indexes are sorted by the rules of a library's version. With another version they miss rows and let
 * duplicates in.
 */
async function checkCollations(client: pg.Client): Promise<ServerFinding[]> {
  const { rows } = await client.query<{ name: string; was: string; now: string }>(
    `select 'the database' as name, datcollversion as was, pg_database_collation_actual_version(oid) as now
       from pg_database where datname = current_database()
         and datcollversion is distinct from pg_database_collation_actual_version(oid)
     union all
     select c.collname, c.collversion, pg_collation_actual_version(c.oid)
       from pg_collation c
       where c.collprovider <> 'd' and c.collversion is distinct from pg_collation_actual_version(c.oid)
         and exists (select from pg_attribute a join pg_class t on t.oid = a.attrelid
           where a.attcollation = c.oid and t.relkind in ('r', 'p') and t.relnamespace = 'public'::regnamespace)`,
  );
  return rows.map(({ name, was, now }) => ({
    level: 'warn',
    check: 'collation',
    found: `The collation of ${name} was version ${was ?? 'unknown'}, and the server's library is ${now ?? 'unknown'} now. viPay's own keys do not hang on it; other indexes over text do.`,
    advice: 'Run "reindex database" when few are paying, then "alter database … refresh collation version".',
  }));
}

/** Told, because it explains what else is seen on this server; we set them ourselves. */
async function checkSettings(client: pg.Client): Promise<ServerFinding[]> {
  const wanted = { ...sessionSettings('page'), synchronous_commit: 'on' };
  const { rows } = await client.query<{ name: string; value: string; source: string }>(
    `select name, current_setting(name) as value, source from pg_settings
      where lower(name) = any ($1) and source in ('user', 'database', 'database user', 'configuration file')
      order by name`,
    [Object.keys(wanted)],
  );
  const byName = new Map(Object.entries(wanted));
  const differing = rows.filter(({ name, value }) => byName.get(name.toLowerCase()) !== value);
  const list = differing.map(({ name, value, source }) => `${name} = '${value}' (${sourceWords[source]})`);
  return [
    list.length === 0
      ? { level: 'ok', check: 'session', found: 'no setting of the server stands against ours.' }
      : {
          level: 'note',
          check: 'session',
          found: `set otherwise, and by viPay for itself: ${list.join(', ')}.`,
        },
  ];
}

const sourceWords: Record<string, string> = {
  user: 'for the role',
  database: 'for the database',
  'database user': 'for the role in this database',
  'configuration file': 'for the server',
};
