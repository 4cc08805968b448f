import type { Message } from './messages.js';

/** One of the processes between which messages are relayed. */
export interface Peer {
  send(message: Message): void;
}

/** When a question is dropped that lacks responses, in milliseconds: its sender no longer waits by then. */
const OLDEST_QUESTION_MS = 10_000;

/** The sender of a question, and the peers that have not responded yet. */
interface Question {
  readonly from: Peer;
  readonly awaited: Set<Peer>;
}

/**
 * Relays messages between workers. A change in one worker is sent to all others, and confirmed once all of
 * them have synced.
 */
export class Relay {
  private readonly questions = new Map<string, Question>();

  /**
   * @param peers returns the current workers
   * @param scrape reads the metrics of all workers; `undefined` if some do not respond
   */
  constructor(
    private readonly peers: () => readonly Peer[],
    private readonly scrape: () => Promise<string | undefined>,
  ) {}

  receive(from: Peer, message: Message): void {
    const { id } = message;
    switch (message.identityBackend) {
      case 'sync': {
        const awaited = new Set(this.peers().filter((peer) => peer !== from));
        this.questions.set(id, { from, awaited });
        setTimeout(() => this.questions.delete(id), OLDEST_QUESTION_MS).unref();
        for (const peer of awaited) peer.send(message);
        this.settle(id);
        return;
      }
      case 'synced':
        this.questions.get(id)?.awaited.delete(from);
        this.settle(id);
        return;
      case 'metrics':
        void this.scrape().then((text) => from.send({ identityBackend: 'metrics-of-all', id, text }));
        return;
      case 'metrics-of-all':
        return;
    }
  }

  /** Stops waiting for a worker that exited: its successor reads the current state when it starts. */
  remove(peer: Peer): void {
    for (const [id, { awaited }] of this.questions) {
      awaited.delete(peer);
      this.settle(id);
    }
  }

  private settle(id: string): void {
    const question = this.questions.get(id);
    if (!question || question.awaited.size > 0) return;
    this.questions.delete(id);
    question.from.send({ identityBackend: 'synced', id });
  }
}
