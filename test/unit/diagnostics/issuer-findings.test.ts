import { describe, expect, it } from '@jest/globals';
import type { FederatedCredential } from '../../../src/clients/federated-credential.js';
import { issuerFindings } from '../../../src/diagnostics/issuer-findings.js';
import type { TrustedIssuer } from '../../../src/issuers/trusted-issuer.js';
import { clientOf } from '../../support/client-values.js';
import { issuerOf } from '../../support/issuer-values.js';

const DAY = 24 * 60 * 60 * 1000;
const GITHUB = 'https://token.actions.githubusercontent.com';

const findings = (
  entry: Partial<TrustedIssuer>,
  credentials: readonly Partial<FederatedCredential>[] = [],
  now = 0,
): readonly string[] => {
  const issuer = issuerOf(entry);
  const federatedCredentials = credentials.map((each) => ({
    issuer: issuer.id,
    subject: 'job-1',
    claims: {},
    ...each,
  }));
  const clients = [clientOf({ federatedCredentials })];
  return issuerFindings(new Map([[issuer.id, issuer]]), clients, now).map(({ about }) => about);
};

describe('issuerFindings', () => {
  it.each<[string, string, FederatedCredential['claims'], string, boolean]>([
    ['a repository by name', 'repo:acme/app:ref:refs/heads/main', {}, GITHUB, true],
    ['a repository by numbers', 'repo:acme@1/app@2:ref:refs/heads/main', {}, GITHUB, false],
    [
      'a repository with its number',
      'repo:acme/app:environment:prod',
      { '/repository_id': '2' },
      GITHUB,
      false,
    ],
    [
      'a repository with another condition',
      'repo:acme/app:pull_request',
      { '/environment': 'prod' },
      GITHUB,
      true,
    ],
    ['a repository of another forge', 'repo:acme/app:ref', {}, 'https://gitlab.example', false],
    ['a repository of an enterprise', 'repo:a/b:ref', {}, `${GITHUB}/acme`, true],
    ['a repository on GHE.com', 'repo:a/b:ref', {}, 'https://token.actions.acme-1.ghe.com', true],
    ['a repository on GHE.com by path', 'repo:a/b:ref', {}, 'https://token.actions.acme.ghe.com/acme', true],
    ['a repository on GHE.com by numbers', 'repo:a@1/b@2:ref', {}, 'https://token.actions.a.ghe.com', false],
    ['a repository of no subdomain', 'repo:a/b:ref', {}, 'https://token.actions.ghe.com', false],
    ['a repository of two subdomains', 'repo:a/b:ref', {}, 'https://token.actions.a.b.ghe.com', false],
    [
      'a repository of another domain',
      'repo:a/b:ref',
      {},
      'https://token.actions.a.ghe.com.evil.example',
      false,
    ],
    ['a repository of a longer host', 'repo:a/b:ref', {}, `${GITHUB}.evil.example`, false],
    ['a repository by plain HTTP', 'repo:a/b:ref', {}, 'http://token.actions.a.ghe.com', false],
    ['a repository of an own server', 'repo:a/b:ref', {}, 'https://ghes.example/_services/token', true],
  ])('%s', (_name, subject, claims, issuer, isNoted) => {
    expect(findings({ issuer }, [{ subject, claims }]).some((about) => about.includes('by name alone'))).toBe(
      isNoted,
    );
  });

  it('notes a wildcard, with its text escaped', () => {
    expect(findings({}, [{ subject: 'a:b\u202e:*', claims: { '/x': 1 } }])).toEqual([
      'The federated credential "a:b\\u202e:*" of the client worker matches every subject that begins so',
    ]);
  });

  it('reports a credential whose issuer is gone', () => {
    expect(findings({}, [{ issuer: 'gone' }])).toEqual([expect.stringContaining('no longer registered')]);
  });

  it('notes static keys that are older than a year', () => {
    const keys = { kind: 'jwks', jwks: { keys: [] } } as const;
    expect(findings({ keys, keysSetAt: 0 }, [], 365 * DAY)).toEqual([]);
    expect(findings({ keys, keysSetAt: 0 }, [], 366 * DAY)).toEqual([
      expect.stringContaining('were entered 366 days ago'),
    ]);
    expect(findings({ keys: { kind: 'discovery' }, keysSetAt: 0 }, [], 366 * DAY)).toEqual([]);
  });
});
