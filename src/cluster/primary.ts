import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { AggregatorRegistry } from 'prom-client';
import { isMessage } from './messages.js';
import { type Peer, Relay } from './relay.js';

/**
 * How long to wait before a worker that exited is replaced, in milliseconds: a worker that cannot start must
 * not keep the host busy.
 */
const RESTART_PAUSE_MS = 1_000;

/**
 * Runs several workers on one port, replaces those that exit, and relays messages between them.
 *
 * @param count how many workers
 * @returns a function that stops all workers, and resolves once the last one has sent its last response
 */
export function runWorkers(count: number, log: Logger): () => Promise<void> {
  const workers = new Workers(log);
  cluster.on('listening', () => workers.listened());
  for (let index = 0; index < count; index++) workers.start();
  return () => workers.stop();
}

class Workers {
  private readonly peers = new Map<Worker, Peer>();
  private readonly metrics = new AggregatorRegistry();
  private readonly relay = new Relay(
    () => [...this.peers.values()],
    () => this.collect(),
  );
  /** Workers that request metrics at the same time share one collection. */
  private collected: Promise<string | undefined> | undefined;
  private isStopping = false;
  private everListened = false;

  constructor(private readonly log: Logger) {}

  listened(): void {
    this.everListened = true;
  }

  start(): void {
    const worker = cluster.fork();
    const peer: Peer = {
      send: (message) => {
        // The worker may have exited before this process noticed.
        if (worker.isConnected()) worker.send(message, () => {});
      },
    };
    this.peers.set(worker, peer);
    worker.on('message', (message: unknown) => {
      if (isMessage(message)) this.relay.receive(peer, message);
    });
    worker.on('error', (cause) => this.log.error({ err: cause, worker: worker.process.pid }, 'worker'));
    worker.on('exit', (code, signal) => {
      this.peers.delete(worker);
      this.relay.remove(peer);
      if (!this.isStopping) this.replace(worker, code, signal);
    });
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    const workers = [...this.peers.keys()];
    const ended = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    for (const worker of workers) worker.process.kill('SIGTERM');
    await Promise.all(ended);
  }

  private replace(worker: Worker, code: number | null, signal: string | null): void {
    this.log.error({ worker: worker.process.pid, code, signal }, 'a worker exited');
    // What prevents the first worker from starting prevents all of them. A worker that exits with 0 was
    // stopped by a signal.
    if (!this.everListened && code !== 0) this.log.flush(() => process.exit(code || 1));
    setTimeout(() => {
      if (!this.isStopping) this.start();
    }, RESTART_PAUSE_MS);
  }

  private collect(): Promise<string | undefined> {
    return (this.collected ??= this.metrics
      .clusterMetrics()
      .catch(() => undefined)
      .finally(() => (this.collected = undefined)));
  }
}
