import { beforeAll, describe, expect, it } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { SystemClock } from '../../../src/clock.js';
import { KeyRing } from '../../../src/keys/key-ring.js';
import type { IssueOutcome } from '../../../src/token/issue-outcome.js';
import { TokenService } from '../../../src/token/token.service.js';
import { signingKeyFor } from '../../support/private-keys.js';
import { testSettings } from '../../support/settings.js';

/** A few more requests than may wait for an RSA signature. */
const MANY = 1_010;

const settings = testSettings({ algorithms: ['RS256'], importedKeys: [signingKeyFor('RS256')] });
const tokens = new TokenService(
  { ...settings, showFingerprints: false, clock: new SystemClock() },
  new KeyRing(settings),
  new JwtService(),
);

describe('a service with more requests for RSA signatures than may wait', () => {
  let outcomes: readonly IssueOutcome[];
  let couldSign: boolean;
  beforeAll(async () => {
    const request = { subject: 'user-42', audience: 'logging-service' };
    const requested = Promise.all(Array.from({ length: MANY }, () => tokens.issue(request)));
    const could = tokens.canSign();
    [outcomes, couldSign] = await Promise.all([requested, could]);
  }, 60_000);

  it('signs those that may wait, and returns unavailable for the others', () => {
    const issued = outcomes.filter(({ code }) => code === 'issued');
    expect(issued.length).toBeGreaterThan(1_000);
    expect(issued.length).toBeLessThan(MANY);
    expect(outcomes.slice(issued.length)).toEqual(
      outcomes.slice(issued.length).map(() => ({
        code: 'unavailable',
        reason: 'Too many tokens are being signed now; try again soon',
      })),
    );
    const verdicts = issued.map(
      (each) =>
        each.code === 'issued' && tokens.verify({ token: each.token, audience: 'logging-service' }).code,
    );
    expect(new Set(verdicts)).toEqual(new Set(['valid']));
  });

  it('still reports that it can sign', () => {
    expect(couldSign).toBe(true);
  });

  it('signs again once the waiting tokens are signed', async () => {
    const outcome = await tokens.issue({ subject: 'user-42', audience: 'logging-service' });
    expect(outcome.code).toBe('issued');
  });
});
