import cluster from 'node:cluster';
import { setFlagsFromString } from 'node:v8';
import type { Logger } from 'pino';
import { createApp } from './app.js';
import { loadSettings } from './config/load-settings.js';
import { type Settings, SettingsError } from './config/settings.js';
import { KeyEncryptionError } from './keys/key-encryption.js';
import { createLog } from './observability/log.js';
import { stopWhenTold } from './stop.js';
import { DatabaseError } from './storage/open-database.js';
import { runWorkers } from './workers/primary.js';
import { Worker } from './workers/worker.js';

/** EX_CONFIG of sysexits.h: process managers can be told not to start the service again. */
const EXIT_CONFIG = 78;

function settingsOrExit(): Settings {
  try {
    return loadSettings();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT_CONFIG);
  }
}

async function serve(settings: Settings, log: Logger): Promise<void> {
  const isWorker = !settings.inPassenger && cluster.isWorker;
  const app = await createApp(settings, { log, ...(isWorker && { worker: new Worker() }) });
  stopWhenTold({ close: () => app.close(), log, isWorker });
  await app.listen(settings.port, settings.host);
  for (const notice of settings.notices) log.warn(notice);
  log.info({ url: await app.getUrl(), basePath: settings.basePath }, 'listening');
}

// What lives takes some 30 MiB, and a request leaves next to nothing behind it: by its own measure V8 would let that grow to three
// times as much before it looks.
setFlagsFromString('--heap-growing-percent=30');

const settings = settingsOrExit();
const log = createLog(settings.logLevel);
// Passenger shares a process of its own kind of cluster, and refuses another.
if (settings.workers > 1 && cluster.isPrimary) {
  stopWhenTold({ close: runWorkers(settings.workers, log), log });
} else {
  serve(settings, log).catch((error: unknown) => {
    const needsOperator =
      error instanceof KeyEncryptionError || (error instanceof DatabaseError && !error.mayRecover);
    if (needsOperator) process.stderr.write(`${error.message}\n`);
    else log.fatal({ err: error }, 'could not start');
    log.flush(() => process.exit(needsOperator ? EXIT_CONFIG : 1));
  });
}
