import { beforeEach, describe, expect, it } from '@jest/globals';
import type { AssertionStore } from '../../../src/clients/assertion-store.js';
import type { ClientRegistry } from '../../../src/clients/client-registry.js';
import { IssuerKeySet } from '../../../src/issuers/issuer-key-set.js';
import type { IssuerKeys } from '../../../src/issuers/issuer-keys.js';
import type { IssuerRegistry } from '../../../src/issuers/issuer-registry.js';
import type { IssuerReport, OutsideTokenEvent } from '../../../src/issuers/issuer-report.js';
import { failed, type Rules } from '../../../src/issuers/outside-token.js';
import { type OutsideTokenOutcome, OutsideTokens } from '../../../src/issuers/outside-tokens.js';
import type { TrustedIssuer } from '../../../src/issuers/trusted-issuer.js';
import { issuerOf } from '../../support/issuer-values.js';
import { MovedClock } from '../../support/moved-clock.js';
import { OutsideIssuer } from '../../support/outside-issuer.js';

const issuer = new OutsideIssuer('corporate');

/** What the registry and the rules say now; a test changes it while the use of a token is stored. */
let entry: TrustedIssuer | undefined;
let decision: ReturnType<Rules<string>>;
let whileStoring: () => void;
let events: OutsideTokenEvent[];

beforeEach(() => {
  entry = issuerOf({ uses: ['jwt_bearer'], algorithms: ['ES256'] });
  decision = { code: 'accepted', value: 'before' };
  whileStoring = () => undefined;
  events = [];
});

async function present(): Promise<OutsideTokenOutcome<string>> {
  const used: Partial<AssertionStore> = {
    useOnce: () => {
      whileStoring();
      return Promise.resolve(true);
    },
  };
  const outside = new OutsideTokens(
    { byIssuer: () => entry, find: () => entry, isPrefixed: () => false } as unknown as IssuerRegistry,
    { find: () => IssuerKeySet.read([issuer.key.jwk], 'sig') } as unknown as IssuerKeys,
    { isClient: () => false } as unknown as ClientRegistry,
    used as AssertionStore,
    new MovedClock(),
    { outcome: (event: OutsideTokenEvent) => events.push(event) } as unknown as IssuerReport,
    { issuer: 'identity-backend', publicUrl: undefined },
  );
  const token = outside.read(issuer.token());
  return outside.verify({ token, use: 'jwt_bearer', requestId: 'r' }, () => decision);
}

describe('a token whose use is stored', () => {
  it.each<[string, () => void, string]>([
    ['its entry is disabled', () => (entry = entry && { ...entry, disabled: true }), 'issuer'],
    ['its entry is deleted', () => (entry = undefined), 'issuer'],
    ['its client is disabled', () => (decision = failed('rules')), 'rules'],
  ])('is refused, and reported so, if %s meanwhile', async (_name, change, check) => {
    whileStoring = change;
    expect(await present()).toMatchObject({ code: 'refused', check });
    expect(events).toMatchObject([{ outcome: check }]);
  });

  it('is accepted for what the rules decide afterwards', async () => {
    whileStoring = () => (decision = { code: 'accepted', value: 'after' });
    expect(await present()).toEqual({ code: 'accepted', value: 'after' });
    expect(events).toMatchObject([{ outcome: 'accepted', issuer: 'corporate', subject: 'user-1' }]);
  });
});
