#!/usr/bin/env node
import { destination } from 'pino';
import { SystemClock } from '../clock.js';
import { loadSettings } from '../config/load-settings.js';
import { serviceSettings } from '../config/service-settings.js';
import { SettingsError } from '../config/settings.js';
import { KeyEncryptionError } from '../keys/key-encryption.js';
import { createLog } from '../observability/log.js';
import { DatabaseError } from '../storage/open-database.js';
import { CliModule } from './cli.module.js';
import { runCommand } from './run-command.js';

/** EX_CONFIG of sysexits.h. */
const EXIT_CONFIG = 78;

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  const isConfiguration =
    error instanceof SettingsError ||
    error instanceof KeyEncryptionError ||
    (error instanceof DatabaseError && !error.mayRecover);
  process.exitCode = isConfiguration ? EXIT_CONFIG : 1;
}

// A reader that has seen enough, such as `head`, is no fault.
process.stdout.on('error', () => process.exit());

try {
  const settings = await serviceSettings(loadSettings());
  // Standard output is for what was asked; the audit goes beside it.
  const log = createLog(settings.logLevel, destination({ dest: 2, sync: true }));
  await runCommand(CliModule.forRoot(settings, new SystemClock(), log), process.argv.slice(2));
} catch (error) {
  fail(error);
}
