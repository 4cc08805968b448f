import { randomUUID } from 'node:crypto';
import { AggregatorRegistry, type Registry } from 'prom-client';
import { isMessage, type Message } from './messages.js';
import type { ChangeNotifier } from '../sync/change-notifier.js';

/** How long the response to each question may take, in milliseconds. */
const RESPONSE_TIMEOUT_MS = {
  /** The others query the database every second in any case. */
  sync: 1_000,
  /** Less than the usual timeout of a Prometheus scrape. */
  metrics: 6_000,
} as const;

/** The channel of a process to its parent. */
export interface Channel {
  readonly connected: boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  send?(message: unknown): boolean;
}

/** A worker's link to the other workers, through its primary process. */
export class Worker implements ChangeNotifier {
  private readonly waiting = new Map<string, (text: string | undefined) => void>();
  private sync: () => Promise<void> = () => Promise.resolve();

  constructor(private readonly channel: Channel = process) {
    channel.on('message', (message) => {
      if (isMessage(message)) this.receive(message);
    });
  }

  async publish(): Promise<void> {
    await this.request('sync');
  }

  subscribe(sync: () => Promise<void>): void {
    this.sync = sync;
  }

  /** The metrics of all workers together; `undefined` if some do not respond. */
  metrics(): Promise<string | undefined> {
    return this.request('metrics');
  }

  /** Lets the primary process request the metrics of this worker. */
  share(registry: Registry): void {
    AggregatorRegistry.setRegistries(registry);
    new AggregatorRegistry();
  }

  private request(what: keyof typeof RESPONSE_TIMEOUT_MS): Promise<string | undefined> {
    const id = randomUUID();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.settle(id, undefined), RESPONSE_TIMEOUT_MS[what]);
      this.waiting.set(id, (text) => {
        clearTimeout(timer);
        resolve(text);
      });
      this.send({ identityBackend: what, id });
    });
  }

  private receive(message: Message): void {
    switch (message.identityBackend) {
      case 'sync':
        // If the database is unavailable, the sync loop retries.
        void this.sync()
          .catch(() => {})
          .then(() => this.send({ identityBackend: 'synced', id: message.id }));
        return;
      case 'synced':
        this.settle(message.id, undefined);
        return;
      case 'metrics-of-all':
        this.settle(message.id, message.text);
        return;
      case 'metrics':
        return;
    }
  }

  private settle(id: string, text: string | undefined): void {
    this.waiting.get(id)?.(text);
    this.waiting.delete(id);
  }

  private send(message: Message): void {
    if (this.channel.connected) this.channel.send?.(message);
  }
}
