// Runs the `vipay` program, and says how it ended. Exit code 0: done; 1: refused, not found or failed; 2: the command
// line itself is wrong.

import { CommanderError } from 'commander';
import { tellFault } from './faults.ts';
import { takeNotes, wantsJson } from './notes.ts';
import { neutralise, toJsonText } from './print.ts';
import { makeProgram } from './program.ts';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error; // A reader such as `head` that has seen enough is no error.
});

try {
  await makeProgram().parseAsync();
} catch (error) {
  end(error);
}

function end(error: unknown): void {
  if (error instanceof CommanderError && error.exitCode === 0) return; // --help, --version
  const told = tellFault(error);
  // A group without a command has shown its help (code commander.help); other usage errors told themselves.
  const isTold = error instanceof CommanderError && !wantsJson;
  const notes = takeNotes();
  const { code, message } = told;
  if (wantsJson) {
    console.error(toJsonText({ error: { code, message, ...(notes.length > 0 ? { notes } : {}) } }));
  } else if (!isTold) console.error(neutralise(message));
  process.exitCode = told.exitCode;
}
