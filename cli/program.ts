// The `vipay` program: all commands.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { addAuditCommands } from './audit-commands.ts';
import { addDoctorCommand } from './doctor-command.ts';
import { addLedgerCommands } from './ledger-commands.ts';
import { addMailCommands } from './mail-commands.ts';
import { wantsJson } from './notes.ts';
import { addNotificationCommands } from './notification-commands.ts';
import { addOrderCommands } from './order-commands.ts';
import { neutralise } from './print.ts';
import { addRequestCommands } from './request-commands.ts';
import { addSiteCommands } from './site-commands.ts';
import { addWalletCommands } from './wallet-commands.ts';

const { version } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8')) as {
  version: string;
};

const helpText = `
Commands read the same settings as "npm start" (DATABASE_URL, VIPAY_DATA_DIR, …) and work beside a running gateway
or without one. Results go to stdout, the rest to stderr. With --json the result is one JSON value, and an error is
{"error":{"code","message","notes"}} on stderr. Exit code 0: done; 1: refused, not found or failed; 2: wrong command line.

Examples:
  npx vipay site create --name "Cửa hàng Sen Đá" --protocol rest
  npx vipay wallet create --phone 0900000009 --name "Nguyễn Văn Thử" --pin 246810 --identified --balance 5000000
  npx vipay order show ord_0123…
  npx vipay doctor`;

export function makeProgram(): Command {
  const program = new Command('vipay')
    .description('Operates a viPay gateway: sites and their keys, sandbox wallets, orders, notifications.')
    .version(version)
    // Before the sub-commands, which inherit both.
    .exitOverride()
    .configureOutput(
      wantsJson
        ? { writeErr: () => undefined, outputError: () => undefined }
        : { outputError: (text, write) => write(neutralise(text)) },
    )
    .showHelpAfterError('(--help says more)')
    .addHelpText('after', helpText);
  addSiteCommands(program);
  addWalletCommands(program);
  addOrderCommands(program);
  addNotificationCommands(program);
  addRequestCommands(program);
  addLedgerCommands(program);
  addAuditCommands(program);
  addMailCommands(program);
  addDoctorCommand(program);
  return program;
}
