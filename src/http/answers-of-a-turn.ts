import type { FastifyReply } from 'fastify';

/**
 * Sends what was answered within one turn of the event loop together, at its end. Each answer that goes out wakes whoever waits
 * for it, which costs this side more than the rest of the sending; who is woken by the first of many is still awake for the next.
 * There are never more than there are requests in flight.
 */
export class AnswersOfATurn {
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
  }

  private sendAll(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const send of waiting) send();
  }
}
