import { randomUUID } from 'node:crypto';
import { AggregatorRegistry, type Registry } from 'prom-client';
import { isMessage, type Message } from './messages.js';
import type { ChangeNotifier } from '../sync/change-notifier.js';

/** How long the answer to each question may take, in milliseconds. */
const PATIENCE = {
  /** The others ask the database every second in any case. */
  sync: 1_000,
  /** No longer than a scrape of Prometheus usually may. */
  metrics: 6_000,
} as const;

/** The part of a process by which it talks to the one that started it. */
export interface Channel {
  readonly connected: boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  send?(message: unknown): boolean;
}

/** A worker's link to its notifier, over its primary process. */
export class Worker implements ChangeNotifier {
  private readonly waiting = new Map<string, (text: string | undefined) => void>();
  private sync: () => Promise<void> = () => Promise.resolve();

  constructor(private readonly channel: Channel = process) {
    channel.on('message', (message) => {
      if (isMessage(message)) this.hear(message);
    });
  }

  async publish(): Promise<void> {
    await this.ask('sync');
  }

  subscribe(sync: () => Promise<void>): void {
    this.sync = sync;
  }

  /** The metrics of all workers together; `undefined` where some do not answer. */
  metrics(): Promise<string | undefined> {
    return this.ask('metrics');
  }

  /** Lets the primary process ask for the metrics of this worker. */
  share(registry: Registry): void {
    AggregatorRegistry.setRegistries(registry);
    new AggregatorRegistry();
  }

  private ask(what: keyof typeof PATIENCE): Promise<string | undefined> {
    const id = randomUUID();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.settle(id, undefined), PATIENCE[what]);
      this.waiting.set(id, (text) => {
        clearTimeout(timer);
        resolve(text);
      });
      this.say({ identityBackend: what, id });
    });
  }

  private hear(message: Message): void {
    switch (message.identityBackend) {
      case 'sync':
        // Where the database is away, the follower goes on asking.
        void this.sync()
          .catch(() => {})
          .then(() => this.say({ identityBackend: 'synced', id: message.id }));
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

  private say(message: Message): void {
    if (this.channel.connected) this.channel.send?.(message);
  }
}
