// Runs commands of the command line one after another in one process: it is copied beside the compiled sources.
import { CliModule } from './src/cli/cli.module.js';
import { runCommand } from './src/cli/run-command.js';
import { SystemClock } from './src/clock.js';
import { loadSettings } from './src/config/load-settings.js';
import { serviceSettings } from './src/config/service-settings.js';
import { createLog } from './src/observability/log.js';

process.on('message', async (parameters) => {
  const { write } = process.stdout;
  const ran = { stdout: '', log: '', refusal: null };
  process.stdout.write = (text) => {
    ran.stdout += text;
    return true;
  };
  const log = createLog('info', { write: (line) => void (ran.log += line) });
  try {
    await runCommand(CliModule.forRoot(await serviceSettings(loadSettings()), new SystemClock(), log), parameters);
  } catch (error) {
    ran.refusal = error.message;
  } finally {
    process.stdout.write = write;
  }
  process.send(ran);
});
