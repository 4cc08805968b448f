#!/usr/bin/env node
import { CommanderError } from 'commander';
import { destination } from 'pino';
import { escapeInvisible } from '../encoding/well-formed-text.js';
import { createLog } from '../observability/log.js';
import { exitCode } from '../start/exit-code.js';
import { openServices } from './open-services.js';
import { runCommand } from './run-command.js';

/** Writes lines for people, with the control and format characters of data escaped. */
function say(text: string): void {
  process.stderr.write(`${text.split('\n').map(escapeInvisible).join('\n')}\n`);
}

function fail(error: unknown): void {
  // The help text is already written, and says everything.
  const isHelp = error instanceof CommanderError && error.code === 'commander.help';
  if (!isHelp) say(error instanceof Error ? error.message : String(error));
  process.exitCode = exitCode(error);
}

// A reader that stops early, such as `head`, is no error.
process.stdout.on('error', () => process.exit());

try {
  // Standard output is for results; the audit log goes to standard error.
  const open = openServices((level) => createLog(level, destination({ dest: 2, sync: true })), say);
  await runCommand(open, process.argv.slice(2));
} catch (error) {
  fail(error);
}
