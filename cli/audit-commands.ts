// `vipay audit …`: who changed what, and whether the log of it is what it was.

import { type Command, InvalidArgumentError } from 'commander';
import {
  type ActorKind,
  type AuditVerification,
  actorKinds,
  acts,
  auditFaults,
  listActs,
  type RecordedAct,
  verifyActs,
} from '../src/business/audit/index.ts';
import type { Environment } from '../src/ground/terms.ts';
import { choice, declare, declareBare, environments, group, text, whole } from './command.ts';
import { CliFault, tellFault } from './faults.ts';
import { type Gateway, withGateway } from './gateway.ts';
import { type Answer, moment, table } from './print.ts';
import { given } from './site-settings.ts';

type ListOptions = {
  environment?: Environment;
  actorKind?: ActorKind;
  actor?: string;
  act?: string;
  subject?: string;
  from?: Date;
  to?: Date;
  limit: number;
  before?: bigint;
};

export function addAuditCommands(program: Command): void {
  const audit = group(program, 'audit', 'The audit log: who changed what');

  declare<ListOptions>(audit, {
    usage: 'list',
    description: 'List acts of administration, newest first',
    options: [
      choice('--environment <name>', 'only of sandbox, or live', environments),
      choice('--actor-kind <kind>', 'only by this kind of actor', actorKinds),
      text('--actor <id>', 'only by this one: a system user, person, site, job, or session'),
      choice('--act <name>', 'only this act', Object.keys(acts)),
      text('--subject <id>', 'only on this one: a site, a wallet (id), ntf_…'),
      text('--from <time>', 'from this time on, such as 2026-11-23 or 2026-11-23T10:00:00+07:00').argParser(
        readTime,
      ),
      text('--to <time>', 'before this time').argParser(readTime),
      whole('--limit <n>', 'at most so many', { from: 1, to: 500, fallback: 50 }),
      text('--before <no>', 'the next page: the last number of the former one').argParser(readNumber),
    ],
    notes: 'A date alone begins at midnight in Vietnam. --json shows what was before and after each act.',
    examples: [
      'npx vipay audit list --subject shop_v1',
      'npx vipay audit list --actor minh --from 2026-11-01 --json',
    ],
    run: showActs,
  });

  declareBare<{ known?: { checkpointNo: bigint; chainHash: string } }>(
    audit,
    {
      usage: 'verify',
      description: 'Check that no act was changed, removed or inserted, and seal the new ones',
      notes:
        'Reads the whole log beside a running gateway. It ends with the number and the hash of the newest checkpoint:\n' +
        'keep that line in another place, and give it as --known later. Otherwise nobody sees when the newest part of the\n' +
        'log is cut off with its checkpoints.\n' +
        'Exit code 0: the log is what it was; 1: faults were found; 2: it could not be verified.',
      options: [text('--known <no:hash>', 'this checkpoint must still be there').argParser(readCheckpoint)],
      examples: ['npx vipay audit verify', 'npx vipay audit verify --json'],
    },
    (_, options) => verifyOrFail(options.known),
  );
}

async function showActs({ context }: Gateway, _args: string[], options: ListOptions): Promise<Answer> {
  const { limit, environment, actorKind, actor, act, subject, from, to, before } = options;
  const filter = given({ environment, actorKind, actor, act, subject, from, to, before });
  const found = await listActs(context.db, { limit, ...filter });
  const more = found.length === limit ? `\nMore: --before ${found.at(-1)?.actNo}` : '';
  return {
    json: found.map(actJson),
    text:
      found.length === 0
        ? 'There are no such acts.'
        : table(
            ['NO', 'WHEN', 'BY', 'ACT', 'SUBJECT', 'ENVIRONMENT', 'REASON'],
            found.map((item) => [
              String(item.actNo),
              moment(item.happenedAt),
              `${item.actor.kind} ${item.actor.id}`,
              item.act,
              item.subject.id,
              item.environment ?? '',
              item.reason ?? '',
            ]),
            ['NO'],
          ) + more,
  };
}

function actJson(item: RecordedAct) {
  return {
    no: item.actNo,
    id: item.id,
    happened_at: item.happenedAt,
    environment: item.environment,
    actor: item.actor,
    act: item.act,
    subject: item.subject,
    before: item.before,
    after: item.after,
    reason: item.reason,
    trace_id: item.traceId,
  };
}

/** Exit code 1 says that faults were found. So an error that prevents an outcome is exit code 2. */
async function verifyOrFail(known: { checkpointNo: bigint; chainHash: string } | undefined): Promise<Answer> {
  try {
    return await withGateway(async ({ context }) =>
      tellVerification(await verifyActs(context, known === undefined ? {} : { known })),
    );
  } catch (error) {
    const told = tellFault(error);
    throw new CliFault(told.code, told.message, 2);
  }
}

const shownMax = 50;

function tellVerification({
  faults,
  faultCount,
  acts: read,
  checkpoints,
  end,
  sealing,
}: AuditVerification): Answer {
  const chainHash = end.chainHash.toString('hex');
  const json = {
    right: faultCount === 0,
    fault_count: faultCount,
    faults,
    acts_read: read,
    checkpoints_read: checkpoints,
    checkpoint: { number: end.checkpointNo, upto_act: end.uptoActNo, chain_hash: chainHash },
    sealing,
  };
  const lines = [
    `Read ${read} acts, ${checkpoints} checkpoints.`,
    ...(sealing === 'busy' ? ['A transaction is still writing: the newest acts are sealed later.'] : []),
    `Sealed up to act ${end.uptoActNo}. Keep this, for --known: ${end.checkpointNo}:${chainHash}`,
  ];
  if (faultCount === 0) return { json, text: ['The audit log is what it was.', ...lines].join('\n') };
  const names = [...new Set(faults.map(({ fault }) => fault))];
  const text = [
    `THE AUDIT LOG IS NOT WHAT IT WAS: ${faultCount} faults.`,
    table(
      ['FAULT', 'NO', 'WHAT'],
      faults.slice(0, shownMax).map(({ fault, number, detail }) => [fault, String(number), detail]),
      ['NO'],
    ),
    ...(faultCount > shownMax ? [`… ${faultCount - shownMax} more; --json lists up to 1000.`] : []),
    ...names.map((name) => `${name}: ${auditFaults[name]}.`),
    ...lines,
  ];
  return { json, text: text.join('\n'), failed: true };
}

function readTime(given: string): Date {
  const at = new Date(/^\d{4}-\d{2}-\d{2}$/.test(given) ? `${given}T00:00:00+07:00` : given);
  const isWhole = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(given);
  if (isWhole && !Number.isNaN(at.getTime())) return at;
  throw new InvalidArgumentError(
    'Give a date such as 2026-11-23, or a time with its zone such as 2026-11-23T10:00:00+07:00.',
  );
}

function readNumber(given: string): bigint {
  if (/^\d{1,18}$/.test(given)) return BigInt(given);
  throw new InvalidArgumentError('Give the number of an act, such as 42.');
}

function readCheckpoint(given: string): { checkpointNo: bigint; chainHash: string } {
  const [, number, chainHash] = /^(\d{1,18}):([0-9a-f]{64})$/.exec(given) ?? [];
  if (number !== undefined && chainHash !== undefined) return { checkpointNo: BigInt(number), chainHash };
  throw new InvalidArgumentError('Give number:hash, as "vipay audit verify" prints it.');
}
