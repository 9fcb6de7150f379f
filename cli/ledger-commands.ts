// `vipay ledger …`: are the books right, to the dong?

import { type Command, Option } from 'commander';
import { ledgerFaults } from '../src/books/ledger/index.ts';
import { type Verification, verifyLedger } from '../src/business/verification/index.ts';
import type { Environment } from '../src/ground/terms.ts';
import { choice, declareBare, environments, group } from './command.ts';
import { CliFault, tellFault } from './faults.ts';
import { withGateway } from './gateway.ts';
import { createProgressTeller } from './ledger-progress.ts';
import { type Answer, table } from './print.ts';

type VerifyWords = { full?: true; environment?: Environment; rest: boolean; json?: true };

export function addLedgerCommands(program: Command): void {
  const ledger = group(program, 'ledger', 'The books');

  declareBare<VerifyWords>(
    ledger,
    {
      usage: 'verify',
      description: 'Recompute the balances from the journal, and hold payments and orders against it',
      notes:
        'Works beside a running gateway, slowly enough that payments do not suffer. Reads what is new since the last\n' +
        'verification, every balance and every seal; --full believes nothing and reads from the first row on.\n' +
        'Exit code 0: the books are right; 1: faults were found; 2: they could not be verified.',
      options: [
        new Option('--full', 'believe no checkpoint: read everything again'),
        choice('--environment <name>', 'tell the faults of this one only', environments),
        new Option('--no-rest', 'as fast as it goes, for a gateway that takes no payments meanwhile'),
      ],
      examples: [
        'npx vipay ledger verify',
        'npx vipay ledger verify --full --no-rest',
        'npx vipay ledger verify --json --environment live',
      ],
    },
    (_, options) => verifyOrFail(options),
  );
}

/** Exit code 1 says that faults were found. So an error that prevents an outcome is exit code 2. */
async function verifyOrFail(options: VerifyWords): Promise<Answer> {
  try {
    return await withGateway(async ({ context }) => {
      const progress = createProgressTeller(process.stderr, { silent: options.json === true });
      const verification = await verifyLedger(context, {
        full: options.full === true,
        onProgress: progress.tell,
        ...(options.environment ? { environment: options.environment } : {}),
        ...(options.rest ? {} : { rest: 0 }),
      }).finally(() => progress.end());
      return tellVerification(verification);
    });
  } catch (error) {
    const told = tellFault(error);
    const isImpossible = error instanceof Error && error.name === 'VerificationImpossible';
    if (isImpossible) throw new CliFault('ledger_not_verifiable', `Not verified: ${error.message}`, 2);
    throw new CliFault(told.code, told.message, 2);
  }
}

const shownMax = 50;

function tellVerification({ mode, faults, faultCount, rows, checkpoint }: Verification): Answer {
  const json = {
    right: faultCount === 0n,
    mode,
    fault_count: faultCount,
    faults,
    rows_read: rows,
    checkpoint: {
      number: checkpoint.checkpointNo,
      upto_journal_row: checkpoint.uptoJournalNo,
      chain_hash: checkpoint.chainHash,
    },
  };
  const read = `Read ${rows.journal} journal rows, ${rows.balances} accounts, ${rows.payments} payments, ${rows.orders} orders (${mode === 'full' ? 'all' : 'all that is new'}).`;
  const sealed = `Sealed up to journal row ${checkpoint.uptoJournalNo}; checkpoint ${checkpoint.checkpointNo}, ${checkpoint.chainHash}.`;
  if (faultCount === 0n) return { json, text: `The books are right.\n${read}\n${sealed}` };
  const names = [...new Set(faults.map(({ fault }) => fault))];
  const text = [
    `THE BOOKS ARE WRONG: ${faultCount} faults.`,
    table(
      ['fault', 'environment', 'what'],
      faults.slice(0, shownMax).map(({ fault, environment, detail }) => [fault, environment, detail]),
    ),
    ...(faultCount > BigInt(shownMax)
      ? [`… ${faultCount - BigInt(shownMax)} more; --json lists up to 1000.`]
      : []),
    ...names.map((name) => `${name}: ${ledgerFaults[name]}.`),
    read,
    sealed,
    'Stop taking payments and find out why before anything else.',
  ];
  return { json, text: text.join('\n'), failed: true };
}
