import cluster from 'node:cluster';
import { setFlagsFromString } from 'node:v8';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../app.js';
import { loadSettings } from '../config/load-settings.js';
import { serviceSettings } from '../config/service-settings.js';
import type { Settings } from '../config/settings.js';
import type { Log } from '../log.js';
import { createLog } from '../observability/log.js';
import type { GracefulStop } from '../graceful-shutdown.js';
import { DatabaseError } from '../database/open-database.js';
import { runWorkers } from '../cluster/primary.js';
import { Worker } from '../cluster/worker.js';
import { exitCode, isConfigurationFault } from './exit-code.js';
import {
  type ListeningAddress,
  ListenFailure,
  listenFailure,
  logStart,
  shownAddress,
  tryToListen,
} from './listening.js';

async function settingsOrExit(): Promise<Settings> {
  try {
    return await serviceSettings(loadSettings());
  } catch (error) {
    if (!isConfigurationFault(error) && !(error instanceof DatabaseError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(exitCode(error));
  }
}

/** @returns the application; not listening if the process is to stop */
async function startApp(settings: Settings, log: Log, stop: GracefulStop): Promise<NestFastifyApplication> {
  const { host, port, inPassenger } = settings;
  const isWorker = !inPassenger && cluster.isWorker;
  if (!isWorker && !inPassenger) await tryToListen(host, port);
  const app = await createApp(settings, { log, ...(isWorker && { worker: new Worker() }) });
  if (stop.requested) return app;
  stop.started();
  await app.listen(port, host).catch((error: unknown) => {
    throw listenFailure(error, host, port);
  });
  const address: ListeningAddress = app.getHttpServer().address();
  // Of several processes, the first logs the details, and the others only that they listen.
  if (!isWorker || cluster.worker?.id === 1) logStart(log, settings, address);
  else log.info({ url: shownAddress(address), basePath: settings.basePath }, 'listening');
  return app;
}

/** Starts what must be closed before the process exits, and lets a signal wait for it. */
async function start<Started>(
  starting: Promise<Started>,
  close: (started: Started) => Promise<void>,
  { log, stop }: { readonly log: Log; readonly stop: GracefulStop },
): Promise<void> {
  // A failed start-up leaves nothing to close.
  stop.guard({ log, close: () => starting.then(close, () => {}) });
  try {
    await starting;
  } catch (error) {
    if (!stop.requested) couldNotStart(error, log, stop);
  }
}

function couldNotStart(error: unknown, log: Log, stop: GracefulStop): void {
  // A fault that the operator can fix is one sentence; a stack trace would hide it.
  if (isConfigurationFault(error) || error instanceof ListenFailure)
    process.stderr.write(`${error.message}\n`);
  else log.fatal({ err: error }, 'could not start');
  stop.exit(exitCode(error));
}

/** @returns a function that stops all workers */
async function startWorkers(
  { workers, host, port }: Settings,
  log: Log,
  stop: GracefulStop,
): Promise<() => Promise<void>> {
  await tryToListen(host, port);
  // Workers may serve requests before this process is notified that they have started.
  stop.started();
  return runWorkers(workers, log);
}

/** Serves until the process is stopped. */
export async function serve(stop: GracefulStop): Promise<void> {
  // Live data takes some 30 MiB, and a request leaves next to nothing behind. By default, V8 would let the
  // heap grow to three times that size before it collects garbage.
  setFlagsFromString('--heap-growing-percent=30');
  const settings = await settingsOrExit();
  const log = createLog(settings.logLevel);
  // Passenger shares the port in its own way, which does not work with a cluster.
  if (settings.workers > 1 && cluster.isPrimary) {
    await start(startWorkers(settings, log, stop), (close) => close(), { log, stop });
  } else {
    await start(startApp(settings, log, stop), (app) => app.close(), { log, stop });
  }
}
