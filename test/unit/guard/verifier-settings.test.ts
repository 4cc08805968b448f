import { describe, expect, it } from '@jest/globals';
import { verifierSettings } from '../../../src/guard/verifier-settings.js';

const SECRET = 'marker-secret-of-exactly-32-bytes';
const JWKS = 'https://issuer.example/jwks.json';
const CLIENT = { endpoint: 'https://issuer.example/introspect', clientId: 'a', clientSecret: 'marker' };
const BASE = { issuer: 'identity-backend', audience: 'logging-service' };

/** Takes any object, as a caller without types may pass it. */
const settings = (options: object): ReturnType<typeof verifierSettings> =>
  verifierSettings({ ...BASE, ...options });

/** The settings of the only issuer. */
const issuer = (options: object): ReturnType<typeof verifierSettings>['issuers'][0] =>
  settings(options).issuers[0];

describe('verifierSettings', () => {
  it('accepts only HS256 with secrets by default', () => {
    expect(settings({ secrets: [SECRET] })).toMatchObject({
      toleranceSeconds: 0,
      realm: 'logging-service',
      allowBoundAsBearer: false,
      issuers: [
        {
          sharedAlgorithms: ['HS256'],
          publicAlgorithms: [],
          audiences: ['logging-service'],
          publicKeys: undefined,
          introspection: undefined,
          types: undefined,
        },
      ],
    });
  });

  it.each([
    ['jwksUri', { jwksUri: JWKS }, { jwksUri: JWKS }],
    ['discover', { discover: true, issuer: 'https://issuer.example' }, 'discover'],
  ])(
    'accepts every asymmetric algorithm with public keys from %s by default',
    (_name, options, publicKeys) => {
      expect(issuer(options)).toMatchObject({
        sharedAlgorithms: [],
        publicAlgorithms: ['ES256', 'RS256', 'PS256', 'ES384', 'EdDSA'],
        publicKeys,
      });
    },
  );

  it('splits algorithms between secrets and public keys if both are given', () => {
    const options = { secrets: [SECRET], jwksUri: JWKS, algorithms: ['ES256', 'HS256'] };
    expect(issuer(options)).toMatchObject({ sharedAlgorithms: ['HS256'], publicAlgorithms: ['ES256'] });
  });

  it('caches introspection for ten seconds by default', () => {
    const cacheSeconds = (given: object): number | undefined =>
      issuer({ secrets: [SECRET], introspection: { ...CLIENT, ...given } }).introspection?.cacheSeconds;
    expect([
      cacheSeconds({}),
      cacheSeconds({ cacheSeconds: 0 }),
      cacheSeconds({ cacheSeconds: 300 }),
    ]).toEqual([10, 0, 300]);
  });

  it('keeps keys for a day by default, and accepts 1 second to 30 days', () => {
    const kept = (given: object): number => issuer({ jwksUri: JWKS, ...given }).keepKeysSeconds;
    expect(kept({})).toBe(86_400);
    for (const keepKeysSeconds of [1, 60, 2_592_000]) expect(kept({ keepKeysSeconds })).toBe(keepKeysSeconds);
    for (const keepKeysSeconds of [0, -1, 0.5, 2_592_001, NaN, Infinity, '60', null, true, [60]])
      expect(() => kept({ keepKeysSeconds })).toThrow(/keepKeysSeconds must be a whole number from 1 to/);
  });

  it.each([
    ['an empty issuer', { secrets: [SECRET], issuer: '' }, /issuer/],
    ['a missing issuer', { secrets: [SECRET], issuer: undefined }, /issuer/],
    ['an empty list of audiences', { secrets: [SECRET], audience: [] }, /audience/],
    ['a missing audience', { secrets: [SECRET], audience: undefined }, /audience/],
    ['an empty audience', { secrets: [SECRET], audience: ['a', ''] }, /audience/],
    ['neither secrets nor public keys', {}, /secrets, jwksUri or discover/],
    ['an empty list of secrets', { secrets: [] }, /secrets, jwksUri or discover/],
    ['a secret outside an array', { secrets: SECRET }, /secrets must be an array/],
    ['an empty secret', { secrets: [SECRET, ''] }, /secrets\[1\] must have at least 32 bytes/],
    ['a short secret', { secrets: ['marker'.repeat(5)] }, /secrets\[0\] must have at least 32 bytes/],
    [
      'an undefined secret',
      { secrets: [undefined] },
      /secrets\[0\] must be a string, not undefined \(is the variable set\?\)/,
    ],
    ['a secret too short for HS384', { secrets: [SECRET], algorithms: ['HS384'] }, /at least 48 bytes/],
    ['a secret too short for HS512', { secrets: [SECRET], algorithms: ['HS256', 'HS512'] }, /64 bytes/],
    ['a secret of spaces', { secrets: [SECRET, ' '.repeat(64)] }, /secrets\[1\] is nothing but white space/],
    ['a placeholder', { secrets: ['changeme'.repeat(4)] }, /secrets\[0\] is a known placeholder/],
    ['one character repeated', { secrets: ['a'.repeat(32)] }, /secrets\[0\] is a known placeholder/],
    ['a short text repeated', { secrets: ['abc'.repeat(20)] }, /secrets\[0\] is a short text repeated/],
    ['a public key as a secret', { secrets: [`-----BEGIN PUBLIC KEY-----\n${SECRET}`] }, /PEM or JWK/],
    ['a JWK as a secret', { secrets: [`{"kty":"EC","x":"${SECRET}"}`] }, /PEM or JWK/],
    [
      'secrets and public keys without algorithms',
      { secrets: [SECRET], jwksUri: JWKS },
      /algorithms is required/,
    ],
    [
      'an unknown algorithm',
      { secrets: [SECRET], algorithms: ['HS256', 'none'] },
      /algorithms must be of HS256,/,
    ],
    ['an algorithm outside an array', { secrets: [SECRET], algorithms: 'HS256' }, /algorithms must be of/],
    ['an empty list of algorithms', { secrets: [SECRET], algorithms: [] }, /algorithms/],
    ['ES256 without public keys', { secrets: [SECRET], algorithms: ['HS256', 'ES256'] }, /algorithms/],
    ['HS256 without secrets', { jwksUri: JWKS, algorithms: ['HS256', 'ES256'] }, /algorithms/],
    [
      'secrets that no algorithm uses',
      { secrets: [SECRET], jwksUri: JWKS, algorithms: ['ES256'] },
      /algorithms/,
    ],
    ['jwksUri and discover', { jwksUri: JWKS, discover: true, issuer: 'https://i.example' }, /either/],
    [
      'discover with an issuer that is not a URL',
      { discover: true },
      /with discover, issuer must be an absolute/,
    ],
    ['a jwksUri in plain HTTP', { jwksUri: 'http://issuer.example/jwks.json' }, /jwksUri must be https/],
    ['an issuer in plain HTTP', { discover: true, issuer: 'http://issuer.example' }, /issuer must be https/],
    ['a negative tolerance', { secrets: [SECRET], clockToleranceSeconds: -1 }, /clockToleranceSeconds/],
    [
      'a tolerance over a minute',
      { secrets: [SECRET], clockToleranceSeconds: 60.1 },
      /clockToleranceSeconds/,
    ],
    ['a tolerance that is not a number', { secrets: [SECRET], clockToleranceSeconds: NaN }, /clockTolerance/],
    [
      'introspection in plain HTTP',
      { secrets: [SECRET], introspection: { ...CLIENT, endpoint: 'http://issuer.example' } },
      /introspection\.endpoint must be https/,
    ],
    [
      'introspection without a client',
      { secrets: [SECRET], introspection: { ...CLIENT, clientSecret: '' } },
      /introspection\.clientSecret must be a non-empty string, not an empty string/,
    ],
    [
      'introspection that is cached for over 300 seconds',
      { secrets: [SECRET], introspection: { ...CLIENT, cacheSeconds: 301 } },
      /cacheSeconds/,
    ],
  ])('rejects %s without exposing a secret', (_name, options, words) => {
    expect(() => settings(options)).toThrow(TypeError);
    expect(() => settings(options)).toThrow(words);
    expect(() => settings(options)).toThrow(/^IdentityAuthModule: /);
    expect(() => settings(options)).not.toThrow(/marker/);
  });

  it('accepts plain HTTP to this host, and to other hosts with allowPlainHttp', () => {
    expect(() => settings({ jwksUri: 'http://127.0.0.1:3000/jwks.json' })).not.toThrow();
    expect(() =>
      settings({ jwksUri: 'http://issuer.internal/jwks.json', allowPlainHttp: true }),
    ).not.toThrow();
  });
});

describe('verifierSettings of options that are no options', () => {
  it.each([
    [undefined, /the options must be an object, not undefined \(does the factory return them\?\)$/],
    [null, /not null \(does the factory/],
    ['marker', /not a string \(/],
    [[BASE], /not an array \(/],
    [Promise.resolve(BASE), /not a promise \(/],
  ])('rejects %p', (options, words) => {
    expect(() => verifierSettings(options as never)).toThrow(words);
    expect(() => verifierSettings(options as never)).not.toThrow(/marker/);
  });

  it.each([
    [
      'a misspelt name',
      { audiance: 'marker' },
      /the options have no option "audiance"; the names are issuer,/,
    ],
    ['a name of the registration', { global: true }, /no option "global"/],
    ['a misspelt name of introspection', { introspection: { ...CLIENT, clientID: 'marker' } }, /"clientID"/],
  ])('rejects %s', (_name, options, words) => {
    expect(() => settings({ secrets: [SECRET], ...options })).toThrow(words);
    expect(() => settings({ secrets: [SECRET], ...options })).not.toThrow(/marker/);
  });
});

describe('the errors of verifierSettings', () => {
  const values: readonly (readonly [unknown, string])[] = [
    [null, 'null'],
    [7, 'a number'],
    [['marker'], 'an array'],
    [{ marker: 1 }, 'object'],
    [true, 'a boolean'],
    ['', 'an empty string'],
  ];
  /** The options that accept none of these values, except as listed. */
  const accepted: Readonly<Record<string, readonly unknown[]>> = {
    issuer: [],
    audience: [['marker']],
    realm: [],
    resource: [],
    clockToleranceSeconds: [7],
    keepKeysSeconds: [7],
    allowPlainHttp: [true],
    allowBoundAsBearer: [true],
    hydrate: [true],
    discover: [true],
    tokenFrom: [],
    check: [],
    onAccepted: [],
    onRefused: [],
    onOutcome: [],
    clock: [],
    fetch: [],
    secrets: [['marker']],
    algorithms: [['marker']],
    acceptTypes: [['marker']],
    introspection: [{ marker: 1 }],
    jwksUri: [],
  };
  const cases = Object.entries(accepted).flatMap(([option, exceptions]) =>
    values
      .filter(([value]) => !exceptions.some((each) => JSON.stringify(each) === JSON.stringify(value)))
      .map(([value, kind]) => [option, kind, value] as const),
  );

  it.each(cases)('name the option %s and that its value is %s', (option, kind, value) => {
    const algorithms = option === 'jwksUri' ? { algorithms: ['HS256', 'ES256'] } : {};
    const options = { secrets: [SECRET], ...algorithms, [option]: value };
    expect(() => settings(options)).toThrow(TypeError);
    expect(() => settings(options)).toThrow(new RegExp(`${option}.* not (an? )?(.* )?${kind}`));
    expect(() => settings(options)).not.toThrow(/marker/);
  });

  it.each([
    [{ cookie: '' }, /tokenFrom\.cookie must be the name of a cookie, not an empty string/],
    [{ cookie: 'a=b' }, /tokenFrom\.cookie .* not other characters/],
    [{ header: 'x y' }, /tokenFrom\.header must be the name of a header/],
    [{ header: undefined }, /tokenFrom\.header .* not undefined/],
    [{ query: 'token' }, /tokenFrom must be \{ cookie: name \}, \{ header: name \} or a function/],
    [{ cookie: 'a', header: 'b' }, /tokenFrom must be/],
    [{}, /tokenFrom must be/],
  ])('reject tokenFrom %j', (tokenFrom, words) => {
    expect(() => settings({ secrets: [SECRET], tokenFrom })).toThrow(words);
  });

  it('name an entry of a list', () => {
    expect(() => settings({ secrets: [SECRET], audience: ['a', undefined] })).toThrow(
      /audience\[1\] must be a non-empty string, not undefined \(is the variable set\?\)/,
    );
    expect(() => settings({ secrets: [SECRET], acceptTypes: ['JWE'] })).toThrow(/acceptTypes must have no/);
    expect(() => settings({ secrets: [SECRET], algorithms: ['marker'] })).toThrow(/algorithms .* not other/);
  });
});

describe('verifierSettings for several issuers', () => {
  const FIRST = { issuer: 'https://one.example', audience: 'a', discover: true };
  const SECOND = { issuer: 'two', audience: ['b', 'c'], secrets: [SECRET] };
  const several = (issuers: unknown, others: object = {}): ReturnType<typeof verifierSettings> =>
    verifierSettings({ issuers, ...others } as never);

  it('keeps everything apart, with defaults for each', () => {
    expect(several([FIRST, SECOND])).toMatchObject({
      realm: 'a',
      issuers: [
        {
          issuer: 'https://one.example',
          audiences: ['a'],
          secrets: [],
          sharedAlgorithms: [],
          publicKeys: 'discover',
          publicAlgorithms: ['ES256', 'RS256', 'PS256', 'ES384', 'EdDSA'],
        },
        {
          issuer: 'two',
          audiences: ['b', 'c'],
          secrets: [SECRET],
          sharedAlgorithms: ['HS256'],
          publicKeys: undefined,
          publicAlgorithms: [],
        },
      ],
    });
  });

  it('takes the resource for an audience that is omitted', () => {
    const resource = 'https://api.example/mcp';
    const given = { resource, authorizationServers: ['https://id.example'] };
    const { issuers, realm } = several([{ ...FIRST, audience: undefined }, SECOND], given);
    expect([realm, ...issuers.map(({ audiences }) => audiences)]).toEqual([resource, [resource], ['b', 'c']]);
    expect(issuer({ secrets: [SECRET], audience: undefined, ...given }).audiences).toEqual([resource]);
  });

  it('may have undefined options of a single issuer next to it', () => {
    expect(several([SECOND], { issuer: undefined, audience: undefined }).issuers).toHaveLength(1);
    expect(settings({ secrets: [SECRET], issuers: undefined }).issuers).toHaveLength(1);
  });

  it.each([
    ['options of a single issuer', [[FIRST], { audience: 'a' }], /with issuers, audience belongs to each/],
    ['an empty list', [[]], /issuers must be an array of at least one issuer/],
    ['no list', [{ 0: FIRST }], /issuers must be an array, not an object/],
    ['null', [null], /issuers must be an array, not null/],
    ['a missing entry', [[FIRST, undefined]], /issuers\[1\] must be an object, not undefined/],
    ['one issuer twice', [[SECOND, FIRST, SECOND]], /issuers\[2\]\.issuer is that of issuers\[0\] too/],
    ['a shared option in an entry', [[{ ...FIRST, realm: 'marker' }]], /issuers\[0\] have no option "realm"/],
    ['an unknown option', [[SECOND], { marker: 1 }], /no option "marker"/],
    ['a missing audience', [[FIRST, { ...SECOND, audience: undefined }]], /issuers\[1\]\.audience/],
    ['an entry without keys', [[FIRST, { issuer: 'x', audience: 'y' }]], /give issuers\[1\]\.secrets/],
    ['a short secret', [[FIRST, { ...SECOND, secrets: ['marker'] }]], /issuers\[1\]\.secrets\[0\] must have/],
    [
      'plain HTTP',
      [[{ ...FIRST, issuer: 'http://one.example' }]],
      /with discover, issuers\[0\]\.issuer must be https/,
    ],
  ])('rejects %s', (_name, [issuers, others], words) => {
    expect(() => several(issuers, others as object)).toThrow(words);
    expect(() => several(issuers, others as object)).toThrow(/^IdentityAuthModule: /);
  });
});
