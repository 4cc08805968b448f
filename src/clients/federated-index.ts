import type { Client } from './client.js';
import { type FederatedCredential, matchesCredential, wildcardPrefix } from './federated-credential.js';

/** The longest subject of a credential, in UTF-16 code units: twice as many as code points. */
const MAX_SUBJECT_UNITS = 510;

/** A credential and the client that has it. */
interface Registered {
  readonly clientId: string;
  readonly credential: FederatedCredential;
}

/**
 * Finds clients by the tokens of their workloads, however many clients there are: exact subjects and the
 * prefixes of wildcards are looked up, never compared one by one.
 */
export class FederatedIndex {
  private readonly exact = new Map<string, readonly Registered[]>();
  private readonly prefixes = new Map<string, readonly Registered[]>();
  /** How many credentials, and policies for users, name each entry. */
  private readonly issuers = new Map<string, number>();

  add(client: Client): void {
    for (const credential of client.federatedCredentials) {
      const registered = { clientId: client.id, credential };
      this.update(credential, (found) => [...found, registered]);
    }
    for (const id of issuersOf(client)) this.issuers.set(id, (this.issuers.get(id) ?? 0) + 1);
  }

  remove(client: Client): void {
    for (const credential of client.federatedCredentials) {
      this.update(credential, (found) => found.filter((each) => each.credential !== credential));
    }
    for (const id of issuersOf(client)) {
      const count = this.issuers.get(id) ?? 0;
      if (count > 1) this.issuers.set(id, count - 1);
      else this.issuers.delete(id);
    }
  }

  /** Whether a client names the entry of an issuer. */
  namesIssuer(issuerId: string): boolean {
    return this.issuers.has(issuerId);
  }

  /** @returns the IDs of the clients that a token matches */
  match(issuerId: string, subject: string, claims: object): ReadonlySet<string> {
    const candidates = [...this.withSubject(issuerId, subject)];
    const matching = candidates.filter(({ credential }) => matchesCredential(credential, subject, claims));
    return new Set(matching.map(({ clientId }) => clientId));
  }

  /** The credentials with exactly this issuer and subject pattern. */
  named({ issuer, subject }: FederatedCredential): readonly Registered[] {
    const prefix = wildcardPrefix(subject);
    const found =
      prefix === undefined ? this.exact.get(key(issuer, subject)) : this.prefixes.get(key(issuer, prefix));
    return found ?? [];
  }

  private *withSubject(issuerId: string, subject: string): Iterable<Registered> {
    yield* this.exact.get(key(issuerId, subject)) ?? [];
    if (this.prefixes.size === 0) return;
    const length = Math.min(subject.length - 1, MAX_SUBJECT_UNITS);
    for (let end = 1; end <= length; end++) {
      const last = subject.charAt(end - 1);
      if (last === ':' || last === '/') yield* this.prefixes.get(key(issuerId, subject.slice(0, end))) ?? [];
    }
  }

  private update(
    { issuer, subject }: FederatedCredential,
    change: (found: readonly Registered[]) => readonly Registered[],
  ): void {
    const prefix = wildcardPrefix(subject);
    const [map, name] = prefix === undefined ? [this.exact, subject] : [this.prefixes, prefix];
    const changed = change(map.get(key(issuer, name)) ?? []);
    if (changed.length > 0) map.set(key(issuer, name), changed);
    else map.delete(key(issuer, name));
  }
}

function key(issuerId: string, text: string): string {
  return `${issuerId} ${text}`;
}

function issuersOf({ federatedCredentials, jwtBearer }: Client): readonly string[] {
  return [...federatedCredentials.map(({ issuer }) => issuer), ...(jwtBearer?.issuers ?? [])];
}
