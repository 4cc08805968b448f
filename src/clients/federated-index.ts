import type { Client } from './client.js';
import { type FederatedCredential, matchesCredential, wildcardPrefix } from './federated-credential.js';

/** The longest subject of a credential, in UTF-16 code units: twice as many as code points. */
const MAX_SUBJECT_UNITS = 510;

/** A credential and the client that has it. */
interface Registered {
  readonly clientId: string;
  readonly credential: FederatedCredential;
}

/** The credentials that name one issuer. */
interface IssuerCredentials {
  /** By the whole subject. */
  readonly exact: Map<string, readonly Registered[]>;
  /** By what precedes the `*` of a wildcard. */
  readonly prefixes: Map<string, readonly Registered[]>;
}

/**
 * Finds clients by the tokens of their workloads, however many clients there are: exact subjects and the
 * prefixes of wildcards are looked up, never compared one by one.
 */
export class FederatedIndex {
  private readonly credentials = new Map<string, IssuerCredentials>();

  add(client: Client): void {
    for (const credential of client.federatedCredentials) {
      const registered = { clientId: client.id, credential };
      this.update(credential, (found) => [...found, registered]);
    }
  }

  remove(client: Client): void {
    for (const credential of client.federatedCredentials) {
      this.update(credential, (found) => found.filter((each) => each.credential !== credential));
    }
  }

  /** @returns the IDs of the clients that a token matches */
  match(issuerId: string, subject: string, claims: object): ReadonlySet<string> {
    const matching = this.withSubject(issuerId, subject).filter(({ credential }) =>
      matchesCredential(credential, subject, claims),
    );
    return new Set(matching.map(({ clientId }) => clientId));
  }

  /** The credentials with exactly this issuer and subject pattern. */
  named({ issuer, subject }: FederatedCredential): readonly Registered[] {
    const prefix = wildcardPrefix(subject);
    const named = this.credentials.get(issuer);
    const found = prefix === undefined ? named?.exact.get(subject) : named?.prefixes.get(prefix);
    return found ?? [];
  }

  private withSubject(issuerId: string, subject: string): readonly Registered[] {
    const named = this.credentials.get(issuerId);
    const found = [...(named?.exact.get(subject) ?? [])];
    if (!named || named.prefixes.size === 0) return found;
    const length = Math.min(subject.length - 1, MAX_SUBJECT_UNITS);
    for (let end = 1; end <= length; end++) {
      const last = subject.charAt(end - 1);
      if (last === ':' || last === '/') found.push(...(named.prefixes.get(subject.slice(0, end)) ?? []));
    }
    return found;
  }

  private update(
    { issuer, subject }: FederatedCredential,
    change: (found: readonly Registered[]) => readonly Registered[],
  ): void {
    const prefix = wildcardPrefix(subject);
    const named: IssuerCredentials = this.credentials.get(issuer) ?? {
      exact: new Map(),
      prefixes: new Map(),
    };
    const [map, name] = prefix === undefined ? [named.exact, subject] : [named.prefixes, prefix];
    const changed = change(map.get(name) ?? []);
    if (changed.length > 0) map.set(name, changed);
    else map.delete(name);
    if (named.exact.size + named.prefixes.size > 0) this.credentials.set(issuer, named);
    else this.credentials.delete(issuer);
  }
}
