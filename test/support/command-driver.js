// Runs commands of the command line one after another in one process: it is copied beside the compiled sources, as
// `nest-commander` requires packages that are ES modules, which Jest cannot do before Node 24.9.
import { CommandFactory } from 'nest-commander';
import { CliModule } from './src/cli/cli.module.js';
import { SystemClock } from './src/clock.js';
import { loadSettings } from './src/config/load-settings.js';
import { createLog } from './src/observability/log.js';

process.on('message', async (parameters) => {
  const { write } = process.stdout;
  const ran = { stdout: '', log: '', refusal: null };
  process.stdout.write = (text) => {
    ran.stdout += text;
    return true;
  };
  process.argv = ['node', 'identity-backend', ...parameters];
  const log = createLog('info', { write: (line) => void (ran.log += line) });
  try {
    await CommandFactory.run(CliModule.forRoot(loadSettings(), new SystemClock(), log), {
      logger: false,
      abortOnError: false,
      serviceErrorHandler: (error) => (ran.refusal = error.message),
    });
  } finally {
    process.stdout.write = write;
  }
  process.send(ran);
});
