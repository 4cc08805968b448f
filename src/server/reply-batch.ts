import type { FastifyReply } from 'fastify';

/** How many answers wait for each other at most: with thousands of connections, a turn can be long. */
const MOST_WAITING = 128;

/**
 * Sends what was answered within one turn of the event loop together, at its end. Each answer that goes out wakes whoever waits
 * for it, which costs this side more than the rest of the sending; who is woken by the first of many is still awake for the next.
 */
export class ReplyBatch {
  private waiting: (() => void)[] = [];

  /** @param failed is told where the value cannot be sent */
  send(reply: FastifyReply, value: unknown, failed: (cause: unknown) => void): void {
    if (this.waiting.length === 0) setImmediate(() => this.sendAll());
    this.waiting.push(() => {
      try {
        void reply.send(value);
      } catch (cause) {
        failed(cause);
      }
    });
    if (this.waiting.length >= MOST_WAITING) this.sendAll();
  }

  private sendAll(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const send of waiting) send();
  }
}
