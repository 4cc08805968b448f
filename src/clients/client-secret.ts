import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Client, type ClientSecret, liveSecrets } from './client.js';

/** The maximum number of valid secrets of a client: two, so that one can be replaced without an outage. */
export const MAX_LIVE_SECRETS = 2;

const SECRET_BYTES = 32;
const NOTHING = Buffer.alloc(32);

/** The length of a client's mark, which is that of the last group of a UUID. */
const MARK_BYTES = 6;

/**
 * Makes a secret. A fast hash protects it well enough: 256 random bits are in no dictionary and cannot be
 * searched.
 *
 * @param now milliseconds since 1970
 * @param expiresAt milliseconds since 1970; null if it does not expire
 * @returns the text for the client, and what is stored
 */
export function makeSecret(
  now: number,
  expiresAt: number | null,
): { readonly text: string; readonly kept: ClientSecret } {
  const text = randomBytes(SECRET_BYTES).toString('base64url');
  const id = randomBytes(8).toString('hex');
  return { text, kept: { id, hash: hashOf(text).toString('base64url'), createdAt: now, expiresAt } };
}

/** Makes a mark for a client whose ID another client had before: see `Client.tokenMark`. */
export function makeTokenMark(): string {
  return randomBytes(MARK_BYTES).toString('hex');
}

/**
 * Whether a secret is a valid one of the client. Compares in constant time, and does the same work for an
 * unknown client, so that responses do not reveal which clients exist.
 *
 * @param now milliseconds since 1970
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
