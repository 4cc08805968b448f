import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Client, type ClientSecret, liveSecrets } from './client.js';

/** How many secrets of a client may be good at once: two, so that one can be replaced without an outage. */
export const MAX_LIVE_SECRETS = 2;

const SECRET_BYTES = 32;
const NOTHING = Buffer.alloc(32);

/** How long the mark of a client is: as long as the last group of a UUID. */
const MARK_BYTES = 6;

/**
 * Makes a secret. A fast hash is enough to keep it by: it is 256 random bits, which no dictionary holds and nobody can
 * try through.
 *
 * @param now milliseconds since 1970
 */
export function makeSecret(
  now: number,
  expiresAt: number | null,
): { readonly text: string; readonly kept: ClientSecret } {
  const text = randomBytes(SECRET_BYTES).toString('base64url');
  const id = randomBytes(8).toString('hex');
  return { text, kept: { id, hash: hashOf(text).toString('base64url'), createdAt: now, expiresAt } };
}

/** Makes a mark for a client whose id was that of another one before: see `Client.tokenMark`. */
export function makeTokenMark(): string {
  return randomBytes(MARK_BYTES).toString('hex');
}

/**
 * Compares in constant time, and does the same work for a client that does not exist, so that answers tell nobody which
 * clients there are.
 */
export function hasSecret(client: Client | undefined, given: string, now: number): boolean {
  const givenHash = hashOf(given);
  const live = client ? liveSecrets(client, now) : [];
  let matches = false;
  for (let i = 0; i < MAX_LIVE_SECRETS; i++) {
    const secret = live[i];
    const kept = secret ? Buffer.from(secret.hash, 'base64url') : NOTHING;
    if (timingSafeEqual(givenHash, kept) && secret) matches = true;
  }
  return matches;
}

function hashOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
