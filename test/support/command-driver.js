// Runs commands of the command line one after another in one process. It is bundled with the compiled
// sources.
import { openServices } from './cli/open-services.js';
import { runCommand } from './cli/run-command.js';
import { createLog } from './observability/log.js';

process.on('message', async (/** @type {string[]} */ parameters) => {
  const { write } = process.stdout;
  const ran = { stdout: '', log: '', refusal: null };
  process.stdout.write = (text) => {
    ran.stdout += text;
    return true;
  };
  const log = createLog('info', { write: (line) => void (ran.log += line) });
  const open = openServices(
    () => log,
    () => {},
  );
  try {
    await runCommand(open, parameters);
  } catch (error) {
    ran.refusal = error.message;
  } finally {
    process.stdout.write = write;
  }
  process.send?.(ran);
});
