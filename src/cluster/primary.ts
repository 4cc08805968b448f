import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { AggregatorRegistry } from 'prom-client';
import { isMessage } from './messages.js';
import { type Peer, Relay } from './relay.js';

/**
 * How long a worker that died is not replaced, in milliseconds: one that cannot start must not use up the
 * host.
 */
const RESTART_PAUSE_MS = 1_000;

/**
 * Runs so many workers on one port, replaces those that die, and relays messages between them.
 *
 * @returns a function that stops all of them, and resolves once the last has sent its last response
 */
export function runWorkers(count: number, log: Logger): () => Promise<void> {
  const metrics = new AggregatorRegistry();
  const peers = new Map<Worker, Peer>();
  // Workers that request metrics at the same time share one collection.
  let collected: Promise<string | undefined> | undefined;
  const collect = (): Promise<string | undefined> =>
    (collected ??= metrics
      .clusterMetrics()
      .catch(() => undefined)
      .finally(() => (collected = undefined)));
  const relay = new Relay(() => [...peers.values()], collect);
  let stopping = false;
  let everListened = false;

  const start = (): void => {
    const worker = cluster.fork();
    const peer: Peer = {
      send: (message) => {
        // The worker may have exited, and the primary not have noticed yet.
        if (worker.isConnected()) worker.send(message, () => {});
      },
    };
    peers.set(worker, peer);
    worker.on('message', (message: unknown) => {
      if (isMessage(message)) relay.receive(peer, message);
    });
    worker.on('error', (cause) => log.error({ err: cause, worker: worker.process.pid }, 'worker'));
    worker.on('exit', (code, signal) => {
      peers.delete(worker);
      relay.remove(peer);
      if (!stopping) replace(worker, code, signal);
    });
  };
  const replace = (worker: Worker, code: number | null, signal: string | null): void => {
    log.error({ worker: worker.process.pid, code, signal }, 'a worker exited');
    // Whatever keeps the first worker from starting keeps all of them. A worker that exits with 0 was stopped
    // by a signal.
    if (!everListened && code !== 0) log.flush(() => process.exit(code || 1));
    setTimeout(() => {
      if (!stopping) start();
    }, RESTART_PAUSE_MS);
  };

  cluster.on('listening', () => (everListened = true));
  for (let index = 0; index < count; index++) start();

  return async () => {
    stopping = true;
    const ended = [...peers.keys()].map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    for (const worker of peers.keys()) worker.process.kill('SIGTERM');
    await Promise.all(ended);
  };
}
