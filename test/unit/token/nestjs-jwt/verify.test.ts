import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  JsonWebTokenError,
  JwtService,
  type JwtVerifyOptions,
  NotBeforeError,
  TokenExpiredError,
} from '@nestjs/jwt';
import fc from 'fast-check';
import { audiencesOf, type Claims } from '../../../../src/jwt/claims.js';
import { TokenService } from '../../../../src/token/token.service.js';
import { signingKeyFor } from '../../../support/private-keys.js';
import {
  asyncOutcomeOf,
  BOUND_ALGORITHMS,
  type BoundJwt,
  boundJwt,
  libraryJwt,
  optionsFor,
  outcomeOf,
} from '../../../support/bound-jwt.js';
import { handMadeToken, signedParts } from '../../../support/hand-made-token.js';
import { NEW_YEAR } from '../../../support/moved-clock.js';
import { standaloneTokens } from '../../../support/token-service.js';
import { PREVIOUS_SECRET, SECRET } from '../../../support/settings.js';

const CLAIMS = {
  iss: 'identity-backend',
  sub: 'user-42',
  aud: ['logging-service', 'billing-service'],
  iat: NEW_YEAR - 60,
  nbf: NEW_YEAR - 60,
  exp: NEW_YEAR + 840,
  jti: 'token-1',
  nonce: 'nonce-1',
};

/** Any JSON without `__proto__`, which the library accepts but no token may contain. */
const anyJson = fc.jsonValue({ maxDepth: 2 }).filter((value) => !JSON.stringify(value).includes('__proto__'));

/** Options of the library, most of them with a value that a token satisfies and one that it does not. */
const OPTIONS: readonly JwtVerifyOptions[] = [
  {},
  { audience: 'logging-service' },
  { audience: 'other-service' },
  { audience: /^billing-/ },
  { audience: /^other-/ },
  { audience: ['other-service', /^logging/] },
  { audience: ['other-service', /^other/] },
  { issuer: 'identity-backend' },
  { issuer: ['other', 'identity-backend'] },
  { issuer: 'other' },
  { subject: 'user-42' },
  { subject: 'user-43' },
  { jwtid: 'token-1' },
  { jwtid: 'token-2' },
  { nonce: 'nonce-1' },
  { nonce: 'nonce-2' },
  { nonce: ' ' },
  { maxAge: 61 },
  { maxAge: 60 },
  { maxAge: '2 minutes' },
  { maxAge: '1m' },
  { maxAge: '60s', clockTolerance: 1 },
  { maxAge: 'soon' },
  { clockTimestamp: NEW_YEAR + 839 },
  { clockTimestamp: NEW_YEAR + 840 },
  { clockTimestamp: NEW_YEAR + 840, clockTolerance: 1 },
  { clockTimestamp: NEW_YEAR + 9_000, ignoreExpiration: true },
  { clockTimestamp: String(NEW_YEAR) as unknown as number },
  { complete: true },
  { complete: true, audience: 'other-service' },
  { allowInvalidAsymmetricKeyTypes: true },
  { allowInvalidAsymmetricKeyTypes: 'yes' as unknown as boolean },
];

let bound: BoundJwt;

describe.each(BOUND_ALGORITHMS)('JwtService.verify on %s', (algorithm) => {
  beforeAll(async () => {
    bound = await boundJwt(algorithm);
  });
  beforeEach(() => bound.clock.set(NEW_YEAR));
  afterAll(() => bound.close());

  /** What the library does with the same claims, signed with HS256 if it does not support the algorithm. */
  function inTheLibrary(claims: object, options: JwtVerifyOptions) {
    const { jwt, token } =
      algorithm === 'EdDSA'
        ? { jwt: libraryJwt('HS256'), token: signedParts('{"alg":"HS256"}', JSON.stringify(claims)) }
        : { jwt: libraryJwt(algorithm), token: bound.key.signSync(claims) };
    return outcomeOf(() => jwt.verify<object>(token, { clockTimestamp: NEW_YEAR, ...options }));
  }

  it.each(OPTIONS)('behaves like the library with %j (%#)', async (options) => {
    const token = bound.key.signSync(CLAIMS);
    const outcome = outcomeOf(() => bound.jwt.verify<object>(token, options));
    if (options.complete && 'value' in outcome) {
      expect(outcome.value).toEqual(bound.jwt.decode(token, { complete: true }));
    } else {
      expect(outcome).toEqual(inTheLibrary(CLAIMS, options));
    }
    expect(await asyncOutcomeOf(() => bound.jwt.verifyAsync(token, options))).toEqual(outcome);
  });

  it('behaves like the library with any claims and options', () => {
    const oneOf = <T>(...values: T[]) => fc.constantFrom(...values);
    const time = oneOf(NEW_YEAR - 61, NEW_YEAR - 60, NEW_YEAR, NEW_YEAR + 1, NEW_YEAR + 60);
    const name = oneOf('a', 'b', 'A', '');
    const claims = fc.record(
      {
        iss: oneOf('identity-backend'),
        sub: name,
        aud: fc.oneof(name, fc.array(name)),
        // The library does not check an `iat` ahead of the clock.
        iat: oneOf(NEW_YEAR - 61, NEW_YEAR - 60, NEW_YEAR),
        nbf: time,
        exp: time,
        jti: oneOf('a', 'b'),
        nonce: oneOf<unknown>('a', 'b', 1, null),
        tenant: anyJson,
      },
      { requiredKeys: ['iss', 'exp'] },
    );
    const pattern = oneOf(/a/, /^$/, /b/i);
    const options = fc.record(
      {
        audience: fc.oneof(name, pattern, fc.tuple(fc.oneof(name, pattern), fc.oneof(name, pattern))),
        issuer: oneOf<string | [string, string]>('identity-backend', 'a', ['b', 'identity-backend']),
        subject: name,
        jwtid: name,
        nonce: name,
        maxAge: oneOf<string | number>(0, 1, 60, 61, '1m', 'x', -1),
        clockTolerance: oneOf(0, 1, 60, 3600),
        clockTimestamp: oneOf(0, NEW_YEAR, NEW_YEAR + 1, NEW_YEAR + 59, NEW_YEAR + 60),
        ignoreExpiration: fc.boolean(),
        ignoreNotBefore: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(claims, options, (claimed, given) => {
        const clockTimestamp = given.clockTimestamp || NEW_YEAR;
        expect(outcomeOf(() => bound.jwt.verify<object>(bound.key.signSync(claimed), given))).toEqual(
          inTheLibrary(claimed, { ...given, clockTimestamp }),
        );
      }),
    );
  });

  it('returns the claims, or throws the errors of the library', () => {
    const verify = (changes: object) =>
      bound.jwt.verify<object>(bound.key.signSync({ ...CLAIMS, ...changes }));
    expect(verify({})).toEqual(CLAIMS);
    expect(() => verify({ exp: NEW_YEAR })).toThrow(
      new TokenExpiredError('jwt expired', new Date(NEW_YEAR * 1000)),
    );
    expect(() => verify({ nbf: NEW_YEAR + 1 })).toThrow(NotBeforeError);
    expect(() => verify({ iss: 'other' })).toThrow(
      new JsonWebTokenError('jwt issuer invalid. expected: identity-backend'),
    );
    expect(() => verify({ iss: undefined })).toThrow('jwt issuer invalid. expected: identity-backend');
  });

  it('rejects an iat that is further ahead of the clock than the tolerance', () => {
    const token = bound.key.signSync({ ...CLAIMS, iat: NEW_YEAR + 2 });
    const date = new Date((NEW_YEAR + 2) * 1000);
    const refusal = {
      error: expect.objectContaining({ class: NotBeforeError, message: 'jwt not active', date }),
    };
    const outcome = (options: JwtVerifyOptions) => outcomeOf(() => bound.jwt.verify<object>(token, options));
    expect(outcome({})).toEqual(refusal);
    expect(outcome({ ignoreNotBefore: true })).toEqual(refusal);
    expect(outcome({ clockTolerance: 1 })).toEqual(refusal);
    expect(outcome({ clockTolerance: 2 })).toHaveProperty('value');
    expect(outcome({ clockTimestamp: NEW_YEAR + 2 })).toHaveProperty('value');
    bound.clock.advance(2);
    expect(outcome({})).toHaveProperty('value');
  });

  it('requires an aud only if the caller passes an audience', () => {
    for (const aud of [undefined, [], '']) {
      const token = bound.key.signSync({ ...CLAIMS, aud });
      expect(bound.jwt.verify<object>(token)).toHaveProperty('sub', 'user-42');
      expect(() => bound.jwt.verify<object>(token, { audience: 'logging-service' })).toThrow(
        'jwt audience invalid. expected: logging-service',
      );
    }
  });

  it.each<[string, (token: string) => unknown]>([
    ['undefined', () => undefined],
    ['an empty string', () => ''],
    ['a number', () => 5],
    ['an object', (token) => ({ token })],
    ['one part', () => 'token'],
    ['two parts', (token) => token.split('.', 2).join('.')],
    ['four parts', (token) => `${token}.`],
    ['parts that are not base64url', () => '!.!.!'],
    ['a header that is not JSON', (token) => `e30x${token}`],
    ['an empty signature', (token) => token.replace(/[^.]*$/, '')],
    ['alg none', (token) => token.replace(/^[^.]*/, Buffer.from('{"alg":"none"}').toString('base64url'))],
    ['an unknown alg', (token) => token.replace(/^[^.]*/, Buffer.from('{"alg":"X"}').toString('base64url'))],
  ])('rejects %s with the error of the library', async (_name, change) => {
    const token = change(bound.key.signSync(CLAIMS)) as string;
    const expected = outcomeOf(() => libraryJwt('HS256').verify<object>(token));
    expect(expected).toHaveProperty('error.class', JsonWebTokenError);
    expect(outcomeOf(() => bound.jwt.verify<object>(token))).toEqual(expected);
    expect(await asyncOutcomeOf(() => bound.jwt.verifyAsync(token))).toEqual(expected);
  });

  it.each<[string, object | string, object]>([
    ['without exp', { ...CLAIMS, exp: undefined }, {}],
    ['with a sub that is a number', { ...CLAIMS, sub: 42 }, {}],
    ['with a repeated claim', `${JSON.stringify(CLAIMS).slice(0, -1)},"sub":"other"}`, {}],
    ['with crit', CLAIMS, { crit: ['exp'], exp: 1 }],
    ['with jwk in its header', CLAIMS, { jwk: {} }],
    ['with another typ', CLAIMS, { typ: 'dpop+jwt' }],
  ])('rejects a token %s, though the library accepts it', (_name, claims, header) => {
    const text = typeof claims === 'string' ? claims : JSON.stringify(claims);
    const token = signedParts(JSON.stringify({ alg: 'HS256', typ: 'JWT', ...header }), text);
    expect(libraryJwt('HS256').verify<object>(token, { ignoreExpiration: true })).toHaveProperty('sub');
    const error = new JsonWebTokenError('invalid token', expect.any(Error) as unknown as Error);
    expect(() => bound.jwt.verify<object>(token)).toThrow(error);
  });

  it('rejects another key, and algorithms that are not configured or that the caller excludes', () => {
    const name = (refused: string, options: JwtVerifyOptions = {}) =>
      outcomeOf(() => bound.jwt.verify<object>(refused, options));
    const error = (message: string) => ({
      error: expect.objectContaining({ class: JsonWebTokenError, message }),
    });
    const token = bound.key.signSync(CLAIMS);
    const forged =
      algorithm === 'HS256'
        ? handMadeToken({ secret: PREVIOUS_SECRET })
        : signingKeyFor(algorithm, 'another').signSync(CLAIMS);
    expect(name(forged)).toEqual(error('invalid signature'));
    expect(name(`${token.slice(0, -8)}AAAAAAA${token.slice(-1)}`)).toEqual(error('invalid signature'));
    const others = BOUND_ALGORITHMS.filter((each) => each !== algorithm);
    for (const other of others) {
      const ofOther =
        other === 'HS256' ? handMadeToken({ claims: CLAIMS }) : signingKeyFor(other).signSync(CLAIMS);
      expect(name(ofOther)).toEqual(error('invalid algorithm'));
    }
    const only = (...algorithms: string[]) => ({ algorithms }) as JwtVerifyOptions;
    expect(name(token, only(...others))).toEqual(error('invalid algorithm'));
    expect(name(token, only())).toEqual(error('invalid algorithm'));
    expect(name(token, only('HS384', algorithm))).toHaveProperty('value');
  });

  it('rejects a token with any single character changed', () => {
    const token = bound.key.signSync(CLAIMS);
    const character = fc.constantFrom(...'AZaz09-_.=');
    fc.assert(
      fc.property(fc.nat({ max: token.length - 1 }), character, (index, other) => {
        fc.pre(other !== token[index]);
        const changed = token.slice(0, index) + other + token.slice(index + 1);
        expect(() => bound.jwt.verify<object>(changed)).toThrow(JsonWebTokenError);
      }),
    );
  });
});

describe('JwtService.verify', () => {
  it('accepts a token for an audience exactly if TokenService.verify does', async () => {
    const revocationCheck = ({ jti }: Claims) => (jti === 'revoked' ? 'It was revoked.' : undefined);
    const settings = { clockToleranceSeconds: 5, revocationCheck };
    const { context } = await standaloneTokens({ ...optionsFor('HS256'), ...settings });
    const [jwt, tokens] = [context.get(JwtService), context.get(TokenService)];
    const time = fc.constantFrom(...[-61, -6, -5, -4, 0, 4, 5, 6, 61].map((ahead) => NEW_YEAR + ahead));
    const name = fc.constantFrom('a', 'b', 'identity-backend', '', ' ');
    const claims = fc.record(
      {
        iss: name,
        sub: name,
        aud: fc.oneof(name, fc.array(name)),
        iat: time,
        nbf: time,
        exp: time,
        jti: fc.constantFrom('a', 'revoked'),
        tenant: anyJson,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(claims, (claimed) => {
        const token = handMadeToken({ claims: claimed });
        const accepted = 'value' in outcomeOf(() => jwt.verify<object>(token, { audience: 'a' }));
        expect(accepted).toBe(tokens.verify({ token, audience: 'a' }).code === 'valid');
      }),
      { numRuns: 1_000 },
    );
    await context.close();
  });

  it('applies the tolerance of the module unless the caller passes one', async () => {
    const { jwt, close } = await boundJwt('HS256', { clockToleranceSeconds: 10 });
    const expired = handMadeToken({ claims: { exp: NEW_YEAR - 9 } });
    expect(jwt.verify<object>(expired)).toHaveProperty('sub');
    expect(() => jwt.verify<object>(expired, { clockTolerance: 0 })).toThrow(TokenExpiredError);
    expect(jwt.verify<object>(handMadeToken({ claims: { iat: NEW_YEAR + 10 } }))).toHaveProperty('sub');
    await close();
  });

  it('accepts tokens of the previous secret, and signs with the current one', async () => {
    const before = await boundJwt();
    const after = await boundJwt('HS256', { secret: PREVIOUS_SECRET, previousSecrets: [SECRET] });
    const token = before.jwt.sign({ sub: 'user-42' });
    expect(after.jwt.verify<object>(token)).toHaveProperty('sub', 'user-42');
    expect(() => before.jwt.verify<object>(after.jwt.sign({ sub: 'user-42' }))).toThrow('invalid signature');
    await Promise.all([before.close(), after.close()]);
  });

  it.each(['RS256', 'ES256', 'EdDSA'] as const)(
    'accepts tokens of the previous %s key, and signs with the current one',
    async (algorithm) => {
      const [previous, current] = [signingKeyFor(algorithm), signingKeyFor(algorithm, 'current')];
      const { jwt, close } = await boundJwt(algorithm, {
        privateKeys: [],
        importedKeys: [current, previous],
      });
      expect(jwt.verify<object>(previous.signSync(CLAIMS))).toEqual(CLAIMS);
      expect(jwt.decode(jwt.sign({}), { complete: true })).toHaveProperty('header.kid', current.id);
      await close();
    },
  );

  it('applies the algorithms that are configured for an audience', async () => {
    const lists = new Map([['billing-service', ['ES256'] as const]]);
    const { jwt, close } = await boundJwt('ES256', {
      algorithms: ['HS256', 'ES256'],
      secret: SECRET,
      audienceAlgorithms: lists,
    });
    expect(jwt.decode(jwt.sign({ aud: 'billing-service' }), { complete: true })).toHaveProperty(
      'header.alg',
      'ES256',
    );
    const shared = handMadeToken({ claims: { aud: ['billing-service', 'logging-service'] } });
    expect(() => jwt.verify<object>(shared, { audience: 'logging-service' })).toThrow('invalid signature');
    expect(audiencesOf(jwt.verify<{ aud: string }>(handMadeToken()).aud)).toEqual(['logging-service']);
    await close();
  });

  it.each([[undefined], [[]]])(
    'rejects an algorithm that only one audience has in a token whose aud is %j',
    async (aud) => {
      const lists = new Map([['billing-service', ['HS256'] as const]]);
      const { jwt, key, close } = await boundJwt('ES256', { secret: SECRET, audienceAlgorithms: lists });
      const forged = handMadeToken({ claims: { ...CLAIMS, aud } });
      expect(() => jwt.verify<object>(forged)).toThrow(new JsonWebTokenError('invalid signature'));
      await expect(jwt.verifyAsync(forged)).rejects.toThrow('invalid signature');
      expect(
        jwt.verify<object>(handMadeToken({ claims: { ...CLAIMS, aud: 'billing-service' } })),
      ).toHaveProperty('aud', 'billing-service');
      expect(jwt.verify<object>(key.signSync({ ...CLAIMS, aud }))).toHaveProperty('sub', 'user-42');
      expect(jwt.verify<object>(jwt.sign({ sub: 'user-42' }))).toHaveProperty('sub', 'user-42');
      await close();
    },
  );

  it('treats null as no options, as the library does', async () => {
    const { jwt, close } = await boundJwt();
    const none = null as unknown as undefined;
    const token = jwt.sign({ sub: 'user-42' }, none);
    expect(jwt.verify<object>(token, none)).toHaveProperty('sub', 'user-42');
    expect(await jwt.verifyAsync<object>(await jwt.signAsync({ sub: 'user-42' }, none), none)).toHaveProperty(
      'sub',
      'user-42',
    );
    await close();
  });
});
