import type { Message } from './messages.js';

/** One of the processes between which word is carried. */
export interface Peer {
  send(message: Message): void;
}

/** After how long a question is forgotten that somebody never answered, in milliseconds: who asked waits no longer. */
const OLDEST_QUESTION = 10_000;

/** Who asked, and who has still to answer. */
interface Question {
  readonly from: Peer;
  readonly awaited: Set<Peer>;
}

/** Carries word between workers: what one of them changed is asked of all others, and the answer is that all have it. */
export class Relay {
  private readonly questions = new Map<string, Question>();

  /**
   * @param peers all of them, as of now
   * @param scrape the metrics of all of them; `undefined` where some do not answer
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
        setTimeout(() => this.questions.delete(id), OLDEST_QUESTION).unref();
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

  /** Nobody waits for a process that is no more: what it would have been asked, its successor reads at its start. */
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
