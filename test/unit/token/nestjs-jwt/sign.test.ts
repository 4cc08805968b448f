import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { JsonWebTokenError, type JwtSignOptions, JwtService, type JwtVerifyOptions } from '@nestjs/jwt';
import fc from 'fast-check';
import { REVOCATIONS_AUDIENCE } from '../../../../src/jwt/claims.js';
import {
  asyncOutcomeOf,
  BOUND_ALGORITHMS,
  type BoundJwt,
  boundJwt,
  libraryJwt,
  outcomeOf,
} from '../../../support/bound-jwt.js';
import { handMadeToken, readToken } from '../../../support/hand-made-token.js';
import { NEW_YEAR } from '../../../support/moved-clock.js';
import { pemOf } from '../../../support/private-keys.js';
import { SECRET } from '../../../support/settings.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** Any JSON without `__proto__`, which the library accepts but no token may contain. */
const anyJson = fc.jsonValue({ maxDepth: 2 }).filter((value) => !JSON.stringify(value).includes('__proto__'));

/** Options as callers in JavaScript may pass them. */
type Loose = Readonly<Record<string, unknown>>;

let bound: BoundJwt;

const sign = (payload: unknown, options?: Loose): string => bound.jwt.sign(payload as object, options);
const claimsOf = (payload: unknown, options?: Loose) => readToken(sign(payload, options)).claims;

describe.each(BOUND_ALGORITHMS)('JwtService.sign on %s', (algorithm) => {
  beforeAll(async () => {
    bound = await boundJwt(algorithm);
  });
  beforeEach(() => bound.clock.set(NEW_YEAR));
  afterAll(() => bound.close());

  it('adds kid, iss, jti, iat and the lifetime of the module', async () => {
    const payload = Object.freeze({ sub: 'user-42', roles: Object.freeze(['admin']) });
    for (const token of [bound.jwt.sign(payload), await bound.jwt.signAsync(payload)]) {
      expect(readToken(token)).toEqual({
        header: { alg: algorithm, typ: 'JWT', kid: bound.key.id },
        claims: {
          ...payload,
          iss: 'identity-backend',
          jti: expect.stringMatching(UUID),
          iat: NEW_YEAR,
          exp: NEW_YEAR + 900,
        },
      });
      expect(bound.key.verifies(token)).toBe(true);
      expect(bound.jwt.verify<object>(token)).toEqual(readToken(token).claims);
    }
  });

  it.each<[object, Loose, object]>([
    [{}, { expiresIn: 60 }, { exp: NEW_YEAR + 60 }],
    [{}, { expiresIn: '15m' }, { exp: NEW_YEAR + 900 }],
    [{}, { expiresIn: '2000' }, { exp: NEW_YEAR + 2 }],
    [{}, { expiresIn: -60 }, { exp: NEW_YEAR - 60 }],
    [{ exp: NEW_YEAR + 60 }, {}, { exp: NEW_YEAR + 60 }],
    [{ iat: NEW_YEAR - 30 }, {}, { iat: NEW_YEAR - 30, exp: NEW_YEAR + 870 }],
    [{ iat: NEW_YEAR - 30 }, { expiresIn: 60 }, { iat: NEW_YEAR - 30, exp: NEW_YEAR + 30 }],
    [{ iat: 0 }, {}, { iat: NEW_YEAR, exp: NEW_YEAR + 900 }],
    [{}, { noTimestamp: true }, { iat: undefined, exp: NEW_YEAR + 900 }],
    [{}, { noTimestamp: true, expiresIn: 60 }, { iat: undefined, exp: NEW_YEAR + 60 }],
    [{}, { notBefore: 30 }, { nbf: NEW_YEAR + 30 }],
    [{ nbf: NEW_YEAR + 30 }, {}, { nbf: NEW_YEAR + 30 }],
    [{}, { jwtid: 'id-1' }, { jti: 'id-1' }],
    [{ jti: 'id-1' }, {}, { jti: 'id-1' }],
    [{}, { issuer: 'identity-backend' }, { iss: 'identity-backend' }],
    [{ iss: 'identity-backend' }, {}, { iss: 'identity-backend' }],
    [{}, { audience: 'a', subject: 'b' }, { aud: 'a', sub: 'b' }],
    [{ aud: ['a', 'b'] }, {}, { aud: ['a', 'b'] }],
    [{}, { encoding: 'utf8' }, {}],
    [{}, { allowInsecureKeySizes: true, allowInvalidAsymmetricKeyTypes: true }, {}],
    [
      { name: 'Grüße ✓', at: new Date(0), none: undefined },
      {},
      { name: 'Grüße ✓', at: new Date(0).toJSON() },
    ],
    [{ constructor: { a: 1 }, toString: 'b', valueOf: null }, {}, { toString: 'b', valueOf: null }],
    [Object.assign(Object.create(null) as object, { sub: 'a' }), {}, { sub: 'a' }],
  ])('signs %j with %j as the claims %j', (payload, options, expected) => {
    const claims = claimsOf(payload, options);
    expect({ ...expected, ...claims }).toEqual({ ...claims, ...expected });
    const token = sign(payload, options);
    bound.clock.set(NEW_YEAR + 30);
    const verified = bound.jwt.verify<object>(token, { ignoreExpiration: true });
    expect(Object.keys(verified).sort()).toEqual(Object.keys(claims).sort());
  });

  it.each<[string, unknown, Loose, RegExp]>([
    ['a longer lifetime than that of the module', {}, { expiresIn: 901 }, /expiresIn.* 900 seconds/],
    ['such a lifetime as a string', {}, { expiresIn: '16m' }, /expiresIn.* 900 seconds/],
    ['such a lifetime as exp in the payload', { exp: NEW_YEAR + 901 }, {}, /"exp".* 900 seconds/],
    ['such a lifetime by a later iat', { iat: NEW_YEAR + 1 }, {}, /"exp".* 900 seconds/],
    ['such a lifetime by an earlier iat', { iat: NEW_YEAR - 1, exp: NEW_YEAR + 900 }, {}, /"exp"/],
    ['an infinite exp', { exp: Infinity }, {}, /exp claim/],
    ['another issuer', {}, { issuer: 'other' }, /"issuer".* identity-backend/],
    ['another issuer in the payload', { iss: 'other' }, {}, /"issuer".* identity-backend/],
    ['the issuer as the audience', {}, { audience: 'identity-backend' }, /"audience"/],
    ['the issuer among the audiences', {}, { audience: ['a', 'identity-backend'] }, /"audience"/],
    [
      'the audience of revocation lists',
      {},
      { audience: 'urn:identity-backend:revocations' },
      /"audience".*reserved/,
    ],
    ['the issuer as aud of the payload', { aud: 'identity-backend' }, {}, /"audience"/],
    [
      'the audience of revocation lists as aud of the payload',
      { aud: [REVOCATIONS_AUDIENCE] },
      {},
      /"audience"/,
    ],
    ['a string as the payload', 'payload', {}, /"payload"/],
    ['a JSON string as the payload', '{"sub":"a"}', {}, /"payload"/],
    ['a Buffer as the payload', Buffer.from('{"sub":"a"}'), {}, /"payload"/],
    ['a number as the payload', 5, {}, /"payload"/],
    ['a payload whose toJSON returns a string', { toJSON: () => 'text' }, {}, /"payload"/],
    ['a payload whose toJSON returns another issuer', { toJSON: () => ({ iss: 'other' }) }, {}, /"issuer"/],
    ['the option algorithm', {}, { algorithm: 'HS256' }, /"algorithm"/],
    ['the option algorithm with none', {}, { algorithm: 'none' }, /"algorithm"/],
    ['the option keyid', {}, { keyid: 'a' }, /"keyid"/],
    ['the option header', {}, { header: { alg: 'HS256' } }, /"header"/],
    ['another encoding', { name: 'ü' }, { encoding: 'latin1' }, /"encoding"/],
    ['a sub that is a number', { sub: 42 }, {}, /sub claim is not a string/],
    ['an empty jti', {}, { jwtid: '' }, /jti claim/],
    ['a claim named __proto__', JSON.parse('{"__proto__":1}'), {}, /claims/],
    ['a string that is not well-formed Unicode', { name: '\ud800' }, {}, /claims/],
    ['a payload that makes the token longer than 16 KiB', { name: 'x'.repeat(13_000) }, {}, /16 KiB/],
  ])('rejects %s', async (_name, payload, options, message) => {
    expect(() => sign(payload, options)).toThrow(message);
    await expect(bound.jwt.signAsync(payload as object, options as JwtSignOptions)).rejects.toThrow(message);
  });

  it.each<[unknown, Loose]>([
    [undefined, {}],
    [null, {}],
    [[], {}],
    [new Date(0), {}],
    [new Map([['sub', 'a']]), {}],
    [{ iat: 'now' }, {}],
    [{ iat: undefined }, {}],
    [{ exp: '1h' }, {}],
    [{ exp: NEW_YEAR + 60 }, { expiresIn: 60 }],
    [{ nbf: NEW_YEAR }, { notBefore: 1 }],
    [{ aud: 'a' }, { audience: 'b' }],
    [{ sub: 'a' }, { subject: 'a' }],
    [{ jti: 'a' }, { jwtid: 'a' }],
    [{ iss: 'identity-backend' }, { issuer: 'identity-backend' }],
    [{}, { expiresIn: 'soon' }],
    [{}, { expiresIn: '' }],
    [{}, { expiresIn: 1.5 }],
    [{}, { expiresIn: undefined }],
    [{}, { notBefore: 'x' }],
    [{}, { subject: 5 }],
    [{}, { audience: {} }],
    [{}, { algorithm: undefined }],
    [{}, { noTimestamp: 'yes' }],
    [{}, { mutatePayload: 1 }],
    [{}, { encoding: 5 }],
    [{}, { allowInsecureKeySizes: 'yes' }],
    [{}, { unknown: 1 }],
  ])('rejects %p with %p and the error of the library', async (payload, options) => {
    const given = [payload as object, options as JwtSignOptions] as const;
    const expected = outcomeOf(() => libraryJwt('HS256').sign(...given));
    expect(expected).toHaveProperty('error.class', Error);
    expect(outcomeOf(() => bound.jwt.sign(...given))).toEqual(expected);
    expect(await asyncOutcomeOf(() => bound.jwt.signAsync(...given))).toEqual(expected);
  });

  it('changes the payload only with mutatePayload, as the library does', () => {
    const payload: Record<string, unknown> = { sub: 'user-42', deep: { a: 1 } };
    sign(payload, { expiresIn: 60, audience: 'a' });
    expect(payload).toEqual({ sub: 'user-42', deep: { a: 1 } });
    const token = sign(payload, { mutatePayload: true });
    expect(payload).toEqual(readToken(token).claims);
  });
});

describe('JwtService.sign', () => {
  beforeAll(async () => {
    bound = await boundJwt();
  });
  beforeEach(() => bound.clock.set(NEW_YEAR));
  afterAll(() => bound.close());

  it('behaves like the library with any payload and options, apart from the claims that it adds', () => {
    const oneOf = <T>(...values: T[]) => fc.constantFrom(...values);
    const name = oneOf<unknown>('a', 'identity', ['a', 'b'], 5, null);
    const duration = oneOf<unknown>(1, 60, '1m', '10s', '5', 'x', '', 1.5, null, -60);
    const payloads = fc.record(
      {
        iat: oneOf<unknown>(NEW_YEAR - 10, NEW_YEAR),
        exp: oneOf<unknown>(NEW_YEAR + 60, NEW_YEAR - 60, 'x'),
        nbf: oneOf<unknown>(NEW_YEAR + 60, 'x'),
        sub: oneOf('a', 'b'),
        aud: oneOf<unknown>('a', ['a', 'b']),
        jti: oneOf('a', 'b'),
        tenant: anyJson,
      },
      { requiredKeys: ['iat'] },
    );
    const options = fc.record(
      {
        expiresIn: duration,
        notBefore: duration,
        subject: name,
        audience: name,
        jwtid: name,
        noTimestamp: oneOf<unknown>(true, false, 'x'),
        mutatePayload: fc.boolean(),
        encoding: oneOf<unknown>('utf8', 'UTF-8', '', 5),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(payloads, options, (payload, given) => {
        const inLibrary = outcomeOf(() => libraryJwt('HS256').sign({ ...payload }, given as JwtSignOptions));
        const outcome = outcomeOf(() => sign({ ...payload }, given));
        if ('error' in inLibrary) {
          expect(outcome).toEqual(inLibrary);
          return;
        }
        if ('error' in outcome) throw new Error(JSON.stringify(outcome));
        const { iss, jti, exp, ...claims } = readToken(String(outcome.value)).claims;
        expect({ iss, jti, exp, ...claims }).toEqual({
          iss: 'identity-backend',
          jti: expect.stringMatching(UUID),
          exp: Number(claims['iat'] ?? NEW_YEAR) + 900,
          ...readToken(String(inLibrary.value)).claims,
        });
      }),
      { numRuns: 200 },
    );
  });

  it('signs only tokens that it verifies', () => {
    const claim = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), claim), (payload) => {
        const outcome = outcomeOf(() => sign(payload));
        if ('value' in outcome)
          // JSON writes -0 as 0.
          expect(bound.jwt.verify<object>(String(outcome.value))).toMatchObject(
            JSON.parse(JSON.stringify(payload)) as object,
          );
      }),
    );
  });

  it('throws for audiences without a common algorithm, and signs for one with its own', async () => {
    const lists = new Map([['billing-service', ['HS512'] as const]]);
    const { jwt, close } = await boundJwt('HS256', { audienceAlgorithms: lists });
    expect(() => jwt.sign({ aud: ['billing-service', 'logging-service'] })).toThrow(/"audience"/);
    expect(readToken(jwt.sign({ aud: 'billing-service' })).header).toHaveProperty('alg', 'HS512');
    await close();
  });
});

describe('an audience that is another spelling of the issuer', () => {
  it('is refused', async () => {
    const { jwt, close } = await boundJwt('HS256', { issuer: 'https://id.example.com' });
    for (const aud of [
      'https://id.example.com',
      'HTTPS://id.example.com/',
      ['a', 'https://ID.example.com'],
    ]) {
      expect(() => jwt.sign({ aud })).toThrow(/"audience" must not be the issuer itself/);
    }
    await close();
  });
});

describe('a key in the options', () => {
  const REFRESH = { secret: 'a-secret-for-refresh-tokens' };
  const library = new JwtService();
  beforeAll(async () => {
    bound = await boundJwt('ES256', { secret: SECRET });
  });
  beforeEach(() => bound.clock.set(NEW_YEAR));
  afterAll(() => bound.close());

  it('signs and verifies as the library does, without the claims and refusals of the module', async () => {
    const payload = { sub: 42, iat: 1, exp: 4_000_000_000, iss: 'other' };
    const token = bound.jwt.sign(payload, REFRESH);
    expect(token).toBe(library.sign(payload, REFRESH));
    expect(await bound.jwt.signAsync(payload, REFRESH)).toBe(token);
    expect(bound.jwt.sign('text', REFRESH)).toBe(library.sign('text', REFRESH));
    expect(bound.jwt.verify<object>(token, REFRESH)).toEqual(payload);
    expect(await bound.jwt.verifyAsync<object>(token, REFRESH)).toEqual(payload);
    const options = { secret: 'another' };
    expect(outcomeOf(() => bound.jwt.verify<object>(token, options))).toEqual(
      outcomeOf(() => library.verify<object>(token, options)),
    );
  });

  it('may be privateKey for sign and publicKey for verify', () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const privateKey = pemOf(pair.privateKey);
    const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' });
    const token = bound.jwt.sign({ sub: 'a' }, { privateKey, algorithm: 'ES256', keyid: 'mine' });
    expect(readToken(token).header).toEqual({ alg: 'ES256', typ: 'JWT', kid: 'mine' });
    expect(bound.jwt.verify<object>(token, { publicKey })).toEqual(readToken(token).claims);
    expect(() => bound.jwt.verify<object>(token)).toThrow('invalid token');
  });

  it('signs no token that the module accepts, and verifies none of the module', () => {
    const claims = { iss: 'identity-backend', sub: 'a', exp: NEW_YEAR + 60 };
    expect(() => bound.jwt.verify<object>(bound.jwt.sign(claims, REFRESH))).toThrow('invalid algorithm');
    expect(() => bound.jwt.verify<object>(bound.jwt.sign(claims), REFRESH)).toThrow('invalid algorithm');
  });

  it.each(['secret', 'privateKey', 'publicKey'])(
    'is not replaced by the key of the module if %s is undefined',
    async (name) => {
      const options = { [name]: undefined };
      const token = bound.jwt.sign({});
      expect(() => sign({}, options)).toThrow();
      await expect(bound.jwt.signAsync({}, options)).rejects.toThrow();
      expect(() => bound.jwt.verify<object>(token, options)).toThrow('secret or public key must be provided');
      await expect(bound.jwt.verifyAsync(token, options)).rejects.toThrow(
        'secret or public key must be provided',
      );
    },
  );

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['an empty string', ''],
    ['an empty Buffer', Buffer.alloc(0)],
    ['an empty KeyObject', createSecretKey(Buffer.alloc(0))],
  ])('does not allow the algorithm none if it is %s', async (_name, key) => {
    const claims = Buffer.from('{"sub":"admin"}').toString('base64url');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`;
    for (const name of ['secret', 'privateKey', 'publicKey', 'secretOrPrivateKey', 'secretOrKeyProvider']) {
      const verifying = { [name]: key, algorithms: ['none'] } as JwtVerifyOptions;
      const words = 'secret or public key must be provided';
      expect(() => bound.jwt.verify<object>(unsigned, verifying)).toThrow(new JsonWebTokenError(words));
      await expect(bound.jwt.verifyAsync(unsigned, verifying)).rejects.toThrow(new JsonWebTokenError(words));
      const signing = { [name]: key, algorithm: 'none' } as const;
      expect(() => sign({}, signing)).toThrow('secretOrPrivateKey must have a value');
      await expect(bound.jwt.signAsync({}, signing)).rejects.toThrow('secretOrPrivateKey must have a value');
    }
  });

  it('is ignored in privateKey and other options that verify does not read', () => {
    const token = bound.jwt.sign({}, REFRESH);
    for (const name of ['privateKey', 'secretOrPrivateKey', 'secretOrKeyProvider']) {
      const options = { [name]: REFRESH.secret, algorithms: ['none', 'HS256'] } as JwtVerifyOptions;
      expect(() => bound.jwt.verify<object>(token, options)).toThrow('secret or public key must be provided');
    }
  });

  it('makes signAsync and verifyAsync reject if the library would throw or never settle', async () => {
    const rejected = async (payload: unknown, options: Loose) =>
      expect(bound.jwt.signAsync(payload as object, { ...REFRESH, ...options })).rejects.toThrow();
    await rejected('text', { expiresIn: 60 });
    await rejected({}, { header: { alg: 5 } });
    await rejected(undefined, {});
    await expect(bound.jwt.verifyAsync(undefined as unknown as string, REFRESH)).rejects.toThrow();
  });
});

describe('JwtService.decode', () => {
  it('reads any token without verifying it, as the library does', async () => {
    const { jwt, close } = await boundJwt();
    const library = new JwtService();
    for (const token of [handMadeToken(), handMadeToken({ secret: 'x' }), jwt.sign({}), 'a.b', 'x']) {
      expect(jwt.decode<unknown>(token)).toEqual(library.decode<unknown>(token));
      expect(jwt.decode<unknown>(token, { complete: true })).toEqual(
        library.decode<unknown>(token, { complete: true }),
      );
    }
    await close();
  });
});
