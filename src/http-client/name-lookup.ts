import { lookup as lookupName, type LookupAddress } from 'node:dns';
import { Semaphore } from '../concurrency/semaphore.js';

/** Receives the addresses of a name. */
export type Resolved = (error: Error | null, addresses: readonly LookupAddress[]) => void;

/**
 * Resolves a name to its addresses.
 *
 * @param signal once it is aborted, no one waits for the addresses
 */
export type ResolveName = (hostname: string, done: Resolved, signal: AbortSignal) => void;

/** How many lookups Node.js runs at a time unless it has more threads: others would only wait there. */
const MAX_LOOKUPS = 2;

/**
 * Bounds the lookups of a resolver, since a lookup cannot be aborted and may last longer than the request that
 * needs it: each name is looked up once at a time, and a name that no one waits for is not looked
 * up at all.
 */
export function boundedLookups(resolve: (hostname: string, done: Resolved) => void): ResolveName {
  const slots = new Semaphore(MAX_LOOKUPS, Infinity);
  const waitingByName = new Map<string, Set<Resolved>>();

  return (hostname, done, signal) => {
    const known = waitingByName.get(hostname);
    const waiting = known ?? new Set<Resolved>();
    waiting.add(done);
    signal.addEventListener('abort', () => waiting.delete(done), { once: true });
    if (!known) begin(hostname, waiting);
  };

  function begin(hostname: string, waiting: Set<Resolved>): void {
    const lookUp = (ended: () => void): void => {
      const finish: Resolved = (error, addresses) => {
        waitingByName.delete(hostname);
        ended();
        for (const done of waiting) done(error, addresses);
      };
      if (waiting.size > 0) resolve(hostname, finish);
      else finish(null, []);
    };
    waitingByName.set(hostname, waiting);
    void slots.run(() => new Promise<void>(lookUp));
  }
}

/** Resolves by the system, whose threads all services of the process share. */
export const resolveBySystem = boundedLookups((hostname, done) => {
  // Its type promises addresses, but there are none if the name does not resolve.
  lookupName(hostname, { all: true }, (error, addresses) => done(error, error ? [] : addresses));
});
