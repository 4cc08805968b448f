import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { FastifyReply } from 'fastify';
import { ReplyBatch } from '../../../src/server/reply-batch.js';

/** A reply that notes what is sent. */
function replyInto(sent: unknown[]): FastifyReply {
  return { send: (value: unknown) => void sent.push(value) } as unknown as FastifyReply;
}

const never = (cause: unknown): never => {
  throw cause;
};

describe('ReplyBatch', () => {
  it('sends at the end of the turn, in the order in which answers came', async () => {
    const answers = new ReplyBatch();
    const sent: unknown[] = [];
    for (const value of ['first', 'second', 'third']) answers.send(replyInto(sent), value, never);
    expect(sent).toEqual([]);
    await turn();
    expect(sent).toEqual(['first', 'second', 'third']);
  });

  it('sends each once, also those of later turns', async () => {
    const answers = new ReplyBatch();
    const sent: unknown[] = [];
    answers.send(replyInto(sent), 1, never);
    await turn();
    answers.send(replyInto(sent), 2, never);
    await turn();
    await turn();
    expect(sent).toEqual([1, 2]);
  });

  it('tells of one that cannot be sent, and sends the others', async () => {
    const answers = new ReplyBatch();
    const sent: unknown[] = [];
    const failures: unknown[] = [];
    const fault = new Error('cannot be sent');
    const broken = {
      send() {
        throw fault;
      },
    } as unknown as FastifyReply;
    answers.send(replyInto(sent), 'before', never);
    answers.send(broken, 'broken', (cause) => void failures.push(cause));
    answers.send(replyInto(sent), 'after', never);
    await turn();
    expect(sent).toEqual(['before', 'after']);
    expect(failures).toEqual([fault]);
  });

  it('lets no answer wait for more than a hundred others or so', async () => {
    const answers = new ReplyBatch();
    const sent: unknown[] = [];
    const all = Array.from({ length: 1_000 }, (_none, index) => index);
    for (const value of all) {
      answers.send(replyInto(sent), value, never);
      expect(value + 1 - sent.length).toBeLessThanOrEqual(128);
    }
    await turn();
    expect(sent).toEqual(all);
  });
});
