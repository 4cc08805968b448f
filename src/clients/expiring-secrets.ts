import { type Client, liveSecrets } from './client.js';

/** How long before a secret expires its operator is warned, in milliseconds. */
const EXPIRES_SOON_MS = 14 * 24 * 60 * 60 * 1000;

/** A valid secret that expires, and when. */
export interface ExpiringSecret {
  readonly client: string;
  readonly secretId: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/**
 * The valid secrets of these clients that expire soon, the earliest first.
 *
 * @param now milliseconds since 1970
 * @param within how soon, in milliseconds; default 14 days
 */
export function expiringSecrets(
  clients: Iterable<Client>,
  now: number,
  within = EXPIRES_SOON_MS,
): readonly ExpiringSecret[] {
  const found: ExpiringSecret[] = [];
  for (const client of clients) {
    for (const { id, expiresAt } of liveSecrets(client, now)) {
      if (expiresAt === null || expiresAt - now > within) continue;
      found.push({ client: client.id, secretId: id, expiresAt });
    }
  }
  return found.sort((one, other) => one.expiresAt - other.expiresAt);
}
