import type { Client } from '../clients/client.js';
import type { FederatedCredential } from '../clients/federated-credential.js';
import { Semaphore } from '../concurrency/semaphore.js';
import { escapeInvisible } from '../encoding/well-formed-text.js';
import type { IssuerKeys } from '../issuers/issuer-keys.js';
import type { TrustedIssuer } from '../issuers/trusted-issuer.js';
import type { Finding } from './client-findings.js';

/** How many issuers are asked for their keys at a time. */
const MAX_FETCHES = 8;

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

/**
 * The issuer of GitHub Actions: on github.com, on GHE.com (data residency), or on a GitHub Enterprise Server. Each
 * may have the name of an enterprise as its path.
 */
const GITHUB =
  /^https:\/\/(token\.actions\.(githubusercontent\.com|[a-z\d-]+\.ghe\.com)|[^/]+\/_services\/token)(\/|$)/;

/** A repository with the numbers of its owner and itself: `repo:acme@123/app@456:…`. */
const NUMBERED_REPOSITORY = /^repo:[^/:@]+@\d+\/[^/:@]+@\d+:/;

/** Claims with numbers that GitHub never assigns again. */
const GITHUB_NUMBERS = ['/repository_id', '/repository_owner_id'];

/**
 * Finds credentials that match more workloads than their author may expect, and keys that no one replaces.
 *
 * @param now milliseconds since 1970
 */
export function issuerFindings(
  issuers: ReadonlyMap<string, TrustedIssuer>,
  clients: readonly Client[],
  now: number,
): Finding[] {
  return [
    ...[...issuers.values()].flatMap((entry) => oldKeys(entry, now)),
    ...clients.flatMap((client) =>
      client.federatedCredentials.flatMap((credential) =>
        credentialFindings(client, credential, issuers.get(credential.issuer)),
      ),
    ),
  ];
}

/**
 * Fetches the keys of every enabled issuer, and finds those that cannot be fetched or of which none is usable.
 */
export async function keyFindings(issuers: Iterable<TrustedIssuer>, keys: IssuerKeys): Promise<Finding[]> {
  const fetches = new Semaphore(MAX_FETCHES, Infinity);
  const enabled = [...issuers].filter(({ disabled }) => !disabled);
  const found = enabled.map((entry) =>
    fetches.run(async (): Promise<Finding[]> => {
      const set = await keys.find(entry, () => false);
      if (set && set.size > 0) return [];
      const reason = set ? 'none of them can be used' : (keys.stateOf(entry).failure ?? 'no response');
      return [{ verdict: 'wrong', about: `The keys of the issuer ${entry.id} are not known: ${reason}` }];
    }),
  );
  return (await Promise.all(found)).flat();
}

function oldKeys({ id, keys, keysSetAt }: TrustedIssuer, now: number): Finding[] {
  const isStatic = keys.kind === 'jwks' || keys.kind === 'spiffe_bundle';
  if (!isStatic || now - keysSetAt <= YEAR_MS) return [];
  const days = Math.floor((now - keysSetAt) / (YEAR_MS / 365));
  return [
    note(
      `The keys of the issuer ${id} were entered ${days} days ago: an issuer that replaces them is refused`,
    ),
  ];
}

function credentialFindings(
  { id }: Client,
  { subject, claims }: FederatedCredential,
  entry: TrustedIssuer | undefined,
): Finding[] {
  const named = `The federated credential ${escapeInvisible(JSON.stringify(subject))} of the client ${id}`;
  if (!entry) return [{ verdict: 'wrong', about: `${named} names an issuer that is no longer registered` }];
  const findings: Finding[] = [];
  if (subject.endsWith('*')) findings.push(note(`${named} matches every subject that begins so`));
  const hasNumbers =
    NUMBERED_REPOSITORY.test(subject) || GITHUB_NUMBERS.some((pointer) => Object.hasOwn(claims, pointer));
  if (GITHUB.test(entry.issuer) && !hasNumbers) {
    findings.push(
      note(
        `${named} names a GitHub repository by name alone: who registers the name after it was given up is ` +
          'accepted; add the condition /repository_id',
      ),
    );
  }
  return findings;
}

function note(about: string): Finding {
  return { verdict: 'note', about };
}
