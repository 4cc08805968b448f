import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RESERVED_CLAIMS } from '../../../src/jwt/claims.js';
import type { Issued, IssueOutcome } from '../../../src/token/issue-outcome.js';
import type { TokenRequest } from '../../../src/token/token-request.js';
import { handMadeToken, readToken } from '../../support/hand-made-token.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { PREVIOUS_SECRET, SECRET } from '../../support/settings.js';
import { standaloneTokens, type StandaloneTokens } from '../../support/token-service.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let standalone: StandaloneTokens;

beforeAll(async () => {
  standalone = await standaloneTokens();
});
beforeEach(() => standalone.clock.set(NEW_YEAR));
afterAll(() => standalone.context.close());

async function issued(changes: Partial<TokenRequest> = {}, from = standalone): Promise<Issued> {
  const request = { subject: 'user-42', audience: 'logging-service', ...changes };
  const outcome = await from.tokens.issue(request);
  if (outcome.code !== 'issued') throw new Error(outcome.reason);
  return outcome;
}

/** The outcome of a request as callers in JavaScript may make it. */
const outcomeOf = (changes: Readonly<Record<string, unknown>>): Promise<IssueOutcome> =>
  standalone.tokens.issue({ subject: 'user-42', audience: 'logging-service', ...changes });

const verdictOf = (token: string, audience = 'logging-service', from = standalone): string =>
  from.tokens.verify({ token, audience }).code;

describe('TokenService.issue', () => {
  it('issues the documented header and claims, and no others', async () => {
    const { token, expiresIn, tokenId } = await issued();
    expect(readToken(token)).toEqual({
      header: { alg: 'HS256', typ: 'JWT', kid: expect.any(String) },
      claims: {
        iss: 'identity-backend',
        sub: 'user-42',
        aud: 'logging-service',
        iat: NEW_YEAR,
        exp: NEW_YEAR + 900,
        jti: tokenId,
      },
    });
    expect(tokenId).toMatch(UUID);
    expect(expiresIn).toBe(900);
  });

  it('adds the requested scope and claims', async () => {
    const { token } = await issued({
      scope: 'logs:write logs:read',
      claims: { tenant: 'acme', deep: { a: [null] } },
    });
    expect(readToken(token).claims).toMatchObject({
      scope: 'logs:write logs:read',
      tenant: 'acme',
      deep: { a: [null] },
    });
  });

  it.each<[string, string | string[]]>([
    ['a string', 'logging-service'],
    ['an array of one', ['logging-service']],
    ['an array of several, in order', ['b-service', 'a-service']],
  ])('keeps aud as requested: %s', async (_name, audience) => {
    expect(readToken((await issued({ audience })).token).claims['aud']).toEqual(audience);
  });

  it('rounds iat down to whole seconds, and counts the lifetime from there', async () => {
    standalone.clock.set(NEW_YEAR + 0.999);
    expect(readToken((await issued({ lifetimeSeconds: 60 })).token).claims).toMatchObject({
      iat: NEW_YEAR,
      exp: NEW_YEAR + 60,
    });
  });

  it('issues up to the configured lifetime, and rejects a longer one instead of shortening it', async () => {
    expect((await issued({ lifetimeSeconds: 900 })).expiresIn).toBe(900);
    const refused = await standalone.tokens.issue({ subject: 'a', audience: 'b', lifetimeSeconds: 901 });
    expect(refused).toEqual({ code: 'invalid_request', reason: expect.stringContaining('expires_in') });
  });

  it.each<[string, string | string[]]>([
    ['alone', 'identity-backend'],
    ['in an array', ['identity-backend']],
    ['among others', ['logging-service', 'identity-backend']],
  ])('rejects the service itself as the audience, %s', async (_name, audience) => {
    expect(await standalone.tokens.issue({ subject: 'a', audience })).toEqual({
      code: 'invalid_target',
      reason: 'Audience not allowed',
    });
  });

  it.each(['identity:admin', 'logs:read identity:introspect', 'identity:'])(
    'rejects the scope %j',
    async (scope) => {
      expect(await standalone.tokens.issue({ subject: 'a', audience: 'b', scope })).toEqual({
        code: 'invalid_scope',
        reason: 'Scope not allowed',
      });
    },
  );

  it.each(['identity', 'my-identity:admin', 'IDENTITY:admin', 'logs:identity:read'])(
    'accepts the scope %j',
    async (scope) => {
      expect(readToken((await issued({ scope })).token).claims['scope']).toBe(scope);
    },
  );

  it.each(RESERVED_CLAIMS)('rejects a claim named %s', async (name) => {
    expect(await outcomeOf({ claims: { tenant: 'acme', [name]: 'forged' } })).toEqual({
      code: 'invalid_request',
      reason: `claims must not contain ${name}`,
    });
  });

  it('rejects claims with __proto__ or toJSON, and claims that are not an object', async () => {
    const prototype = JSON.parse('{"__proto__":{"sub":"forged"}}') as Record<string, unknown>;
    for (const claims of [prototype, { toJSON: () => ({ sub: 'forged' }) }, 'text', ['a'], null]) {
      expect(await outcomeOf({ claims })).toEqual({
        code: 'invalid_request',
        reason: expect.stringMatching(/^claims must /),
      });
    }
  });

  it.each([0, -1, 0.5, 59.9, NaN, Infinity, -Infinity, '60', null, {}])(
    'rejects the lifetime %p',
    async (lifetimeSeconds) => {
      expect(await outcomeOf({ lifetimeSeconds })).toEqual({
        code: 'invalid_request',
        reason: 'lifetimeSeconds must be a whole number of seconds, at least 1',
      });
    },
  );

  it.each<[string, unknown]>([
    ['subject', undefined],
    ['subject', 42],
    ['subject', { toJSON: () => 'admin' }],
    ['subject', new String('user-42')],
    ['audience', undefined],
    ['audience', null],
    ['audience', 42],
    ['audience', { toJSON: () => 'identity-backend' }],
    ['audience', ['logging-service', { toJSON: () => 'identity-backend' }]],
    ['scope', ['identity:admin']],
    ['scope', { split: () => [], toJSON: () => 'identity:admin' }],
  ])('rejects a value of %s that is not a string (%#)', async (name, value) => {
    expect(await outcomeOf({ [name]: value })).toEqual({
      code: 'invalid_request',
      reason: expect.stringMatching(`^${name} must be a string`),
    });
  });

  it.each(['constructor', 'toString', 'valueOf', 'hasOwnProperty', 'toJSON'])(
    'signs a claim named %s like any other',
    async (name) => {
      const { token } = await issued({ claims: { [name]: 'as signed' } });
      expect(Object.entries(readToken(token).claims)).toContainEqual([name, 'as signed']);
    },
  );

  it('issues a token of 8 KiB and rejects a longer one', async () => {
    const padded = (length: number): Promise<IssueOutcome> =>
      standalone.tokens.issue({ subject: 'a', audience: 'b', claims: { pad: 'x'.repeat(length) } });
    const lengths = Array.from({ length: 1000 }, (_each, index) => 5400 + index);
    const outcomes = await Promise.all(lengths.map(padded));
    const longest = outcomes.findLastIndex(({ code }) => code === 'issued');
    const { token } = outcomes[longest] as Issued;
    expect(token.length).toBeLessThanOrEqual(8192);
    // Three more bytes are four more characters.
    expect(token.length).toBeGreaterThan(8192 - 4);
    expect(outcomes[longest + 1]).toMatchObject({
      code: 'invalid_request',
      reason: expect.stringContaining('8 KiB'),
    });
  });

  it('gives each token its own jti', async () => {
    const tokens = await Promise.all(Array.from({ length: 50 }, () => issued()));
    expect(new Set(tokens.map(({ tokenId }) => tokenId)).size).toBe(50);
  });
});

describe('TokenService.verify', () => {
  it('accepts a token until its exp', async () => {
    const { token } = await issued({ lifetimeSeconds: 60 });
    standalone.clock.advance(59.999);
    expect(verdictOf(token)).toBe('valid');
    standalone.clock.advance(0.001);
    expect(verdictOf(token)).toBe('token_expired');
  });

  it('accepts a token in the second in which it was issued', async () => {
    standalone.clock.set(NEW_YEAR + 0.999);
    expect(verdictOf((await issued()).token)).toBe('valid');
  });

  it('accepts a token for each of its audiences, and for no other', async () => {
    const { token } = await issued({ audience: ['a-service', 'b-service'] });
    expect(['a-service', 'b-service', 'c-service'].map((audience) => verdictOf(token, audience))).toEqual([
      'valid',
      'valid',
      'invalid_audience',
    ]);
  });

  it.each([
    ['alone', 'identity-backend'],
    ['among others', ['logging-service', 'identity-backend']],
  ])('rejects a shared secret for the service itself as the audience, %s', (_name, aud) => {
    const token = handMadeToken({ claims: { aud } });
    expect(verdictOf(token, 'identity-backend')).toBe('invalid_signature');
    expect(verdictOf(token, 'logging-service')).toBe('invalid_signature');
  });

  it('accepts exp and iat within the configured clock tolerance', async () => {
    const tolerant = await standaloneTokens({ clockToleranceSeconds: 60 });
    const { token } = await issued({}, tolerant);
    tolerant.clock.set(NEW_YEAR + 959);
    expect(verdictOf(token, undefined, tolerant)).toBe('valid');
    tolerant.clock.set(NEW_YEAR + 960);
    expect(verdictOf(token, undefined, tolerant)).toBe('token_expired');
    tolerant.clock.set(NEW_YEAR - 60);
    expect(verdictOf(token, undefined, tolerant)).toBe('valid');
    tolerant.clock.set(NEW_YEAR - 61);
    expect(verdictOf(token, undefined, tolerant)).toBe('token_not_yet_valid');
    await tolerant.context.close();
  });

  it('accepts a token of the previous secret only while that is configured', async () => {
    const before = await standaloneTokens({ secret: PREVIOUS_SECRET });
    const during = await standaloneTokens({ previousSecrets: [PREVIOUS_SECRET] });
    const { token } = await issued({}, before);
    expect(verdictOf(token, undefined, during)).toBe('valid');
    expect(verdictOf(token)).toBe('invalid_signature');
    expect(verdictOf((await issued({}, during)).token, undefined, before)).toBe('invalid_signature');
    await Promise.all([before.context.close(), during.context.close()]);
  });

  it('shows fingerprints in hints only with showFingerprints', async () => {
    const showing = await standaloneTokens({ showFingerprints: true });
    const token = handMadeToken({ secret: 'another secret of at least thirty-two bytes' });
    const hintOf = ({ tokens }: StandaloneTokens): unknown => tokens.verify({ token, audience: 'a' });
    expect(hintOf(showing)).toMatchObject({ hint: expect.stringMatching(/fingerprint [0-9a-f]{16}\b/) });
    expect(hintOf(standalone)).toMatchObject({ hint: expect.not.stringContaining('fingerprint') });
    expect(JSON.stringify(hintOf(showing))).not.toContain(SECRET);
    await showing.context.close();
  });
});

describe('properties of TokenService', () => {
  const wellFormed = (maxLength: number): fc.Arbitrary<string> =>
    fc.string({ unit: 'grapheme', minLength: 1, maxLength }).filter((text) => text.isWellFormed());
  const audiences = wellFormed(40).filter((each) => each !== 'identity-backend');
  const isStrict = (value: unknown): boolean => !JSON.stringify(value).includes('__proto__');
  const requests = fc.record(
    {
      subject: wellFormed(60),
      audience: fc.oneof(audiences, fc.uniqueArray(audiences, { minLength: 1, maxLength: 5 })),
      scope: fc
        .array(fc.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]{1,12}$/), { minLength: 1, maxLength: 4 })
        .map((tokens) => tokens.join(' '))
        .filter((scope) => !scope.split(' ').some((token) => token.startsWith('identity:'))),
      lifetimeSeconds: fc.integer({ min: 1, max: 900 }),
      claims: fc
        .dictionary(
          wellFormed(12).filter((name) => !RESERVED_CLAIMS.includes(name)),
          fc.jsonValue({ maxDepth: 3, stringUnit: 'grapheme' }),
          { maxKeys: 4 },
        )
        .filter(isStrict),
    },
    { requiredKeys: ['subject', 'audience'] },
  );

  it('an issued token verifies for each of its audiences, with the same claims', async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        const { token } = await issued(request);
        const { subject, audience, scope, claims } = request;
        const expected: unknown = JSON.parse(
          JSON.stringify({ ...claims, sub: subject, aud: audience, ...(scope !== undefined && { scope }) }),
        );
        for (const each of [audience].flat()) {
          const verdict = standalone.tokens.verify({ token, audience: each });
          expect(verdict).toMatchObject({ code: 'valid', claims: expected });
        }
      }),
    );
  });

  it('a token with any single character changed is rejected', async () => {
    const { token } = await issued({ claims: { tenant: 'acme' } });
    const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'];
    fc.assert(
      fc.property(
        fc.nat({ max: token.length - 1 }),
        fc.oneof(
          { weight: 4, arbitrary: fc.constantFrom(...alphabet) },
          fc.string({ minLength: 1, maxLength: 1 }),
        ),
        (index, character) => {
          fc.pre(character !== token[index]);
          const verdict = verdictOf(token.slice(0, index) + character + token.slice(index + 1));
          expect(['malformed_token', 'invalid_signature']).toContain(verdict);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('a token with its last character changed is rejected, even if it decodes to the same bytes', async () => {
    const { token } = await issued();
    for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
      if (token.endsWith(character)) continue;
      expect(['malformed_token', 'invalid_signature']).toContain(verdictOf(token.slice(0, -1) + character));
    }
  });

  it('a truncated or extended token is rejected', async () => {
    const { token } = await issued();
    fc.assert(
      fc.property(fc.nat({ max: token.length - 1 }), fc.string({ minLength: 1 }), (length, more) => {
        expect(verdictOf(token.slice(0, length))).not.toBe('valid');
        expect(verdictOf(token + more)).not.toBe('valid');
      }),
    );
  });

  it('any other text gets a result code, never an exception', () => {
    const parts = fc.string({ unit: 'binary' }).map((text) => Buffer.from(text).toString('base64url'));
    const tokens = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(parts, { minLength: 3, maxLength: 3 }).map((each) => each.join('.')),
      fc.jsonValue().map((claims) => handMadeToken({ claims: { further: claims }, header: { x: claims } })),
    );
    fc.assert(
      fc.property(tokens, fc.string(), (token, audience) => {
        expect(typeof standalone.tokens.verify({ token, audience }).code).toBe('string');
      }),
    );
  });
});
