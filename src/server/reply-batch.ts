import type { FastifyInstance } from 'fastify';

/** The most replies in a batch: with thousands of connections, a tick can be long. */
const MAX_WAITING = 128;

/**
 * Batches the replies of one event-loop tick: each write wakes the peer, a batch wakes it once. Streams and
 * empty replies pass at once. Install it after the hooks that change replies.
 *
 * @param failed receives why a reply could not be written; its connection is closed
 */
export function batchReplies(
  fastify: FastifyInstance,
  failed: (cause: unknown, requestId: string) => void,
): void {
  let waiting: (() => void)[] = [];
  const sendAll = (): void => {
    const batch = waiting;
    waiting = [];
    for (const send of batch) send();
  };
  fastify.addHook('onSend', function holdBack(request, reply, payload, done) {
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) {
      done(null, payload);
      return;
    }
    // From here on the reply counts as sent: otherwise Fastify would send an empty one when an async handler
    // returns nothing.
    reply.hijack();
    if (waiting.length === 0) setImmediate(sendAll);
    waiting.push(() => {
      try {
        done(null, payload);
      } catch (cause) {
        failed(cause, request.id);
        request.raw.destroy();
      }
    });
    if (waiting.length >= MAX_WAITING) sendAll();
  });
}
