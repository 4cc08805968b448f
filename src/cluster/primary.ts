import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { AggregatorRegistry } from 'prom-client';
import { isMessage } from './messages.js';
import { type Peer, Relay } from './relay.js';

/** How long a worker that died is not replaced, in milliseconds: one that cannot live must not eat the machine. */
const RESPITE = 1_000;

/**
 * Runs so many workers on one port, replaces those that die, and carries word between them.
 *
 * @returns the stop of all of them: resolves once the last has answered its last request
 */
export function runWorkers(count: number, log: Logger): () => Promise<void> {
  const metrics = new AggregatorRegistry();
  const peers = new Map<Worker, Peer>();
  // Workers that ask at the same time share one collection.
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
        // It may have ended meanwhile, which the primary has yet to hear of.
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
    log.error({ worker: worker.process.pid, code, signal }, 'a worker ended');
    // What keeps the first from starting keeps all of them. One that ends with 0 was stopped by a signal.
    if (!everListened && code !== 0) log.flush(() => process.exit(code || 1));
    setTimeout(() => {
      if (!stopping) start();
    }, RESPITE);
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
