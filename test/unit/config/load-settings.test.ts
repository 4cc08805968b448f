import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { loadSettings } from '../../../src/config/load-settings.js';
import { type LoadedSettings, type Settings, SettingsError } from '../../../src/config/settings.js';
import { PREVIOUS_SECRET, SECRET } from '../../support/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

type Variables = Record<string, string | undefined>;

afterAll(removeTemporaryDirectories);

const load = (variables: Variables = {}, directory = temporaryDirectory()): LoadedSettings =>
  loadSettings(directory, { JWT_SECRET_KEY: SECRET, ...variables });

const loadInProduction = (variables: Variables = {}): LoadedSettings =>
  load({ NODE_ENV: 'production', ...variables });

/** The error that loading the settings throws. */
function refusalOf(read: () => unknown): SettingsError {
  try {
    read();
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error('The settings were accepted');
}

function withDotEnv(text: string): string {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, '.env'), text);
  return directory;
}

describe('loadSettings', () => {
  it('has a default for every setting except the secret', () => {
    expect(load()).toMatchObject({
      production: false,
      issuer: 'identity-backend',
      publicUrl: undefined,
      clientAssertionAudience: 'issuer-or-endpoint',
      issuerNetworks: [],
      maxDelegationDepth: 4,
      lifetimeSeconds: 900,
      algorithms: ['HS256'],
      secret: SECRET,
      previousSecrets: [],
      clockToleranceSeconds: 0,
      tokenEndpointAuth: 'none',
      host: '127.0.0.1',
      port: 3000,
      basePath: '',
      trustedProxies: [],
      logLevel: 'info',
      debugEnv: true,
      swagger: true,
      metrics: true,
      corsOrigins: [],
      notices: [],
    });
  });

  it('has stricter defaults in production', () => {
    expect(loadInProduction()).toMatchObject({
      production: true,
      tokenEndpointAuth: 'required',
      debugEnv: false,
      swagger: true,
      metrics: false,
    });
  });

  it('prefers explicit values to the production defaults', () => {
    const opened = { TOKEN_ENDPOINT_AUTH: 'none', DEBUG_ENV: 'true', METRICS: 'true', SWAGGER: 'false' };
    expect(loadInProduction(opened)).toMatchObject({
      tokenEndpointAuth: 'none',
      debugEnv: true,
      metrics: true,
      swagger: false,
    });
  });

  it('freezes the settings', () => {
    expect(Object.isFrozen(load())).toBe(true);
  });

  it('treats an empty variable as unset', () => {
    const directory = temporaryDirectory();
    expect(load({ PORT: '', JWT_ISSUER: '', BASE_PATH: '', CORS_ORIGINS: '' }, directory)).toEqual(
      load({}, directory),
    );
  });

  it.each<[string, Variables, Partial<Settings>]>([
    ['the lifetime in seconds', { JWT_EXPIRATION_MINUTES: '1440' }, { lifetimeSeconds: 86_400 }],
    ['an issuer', { JWT_ISSUER: 'https://id.example.com' }, { issuer: 'https://id.example.com' }],
    ['no public URL for an issuer that is not a URL', {}, { publicUrl: undefined }],
    [
      'the issuer as the public URL, without its trailing slash',
      { JWT_ISSUER: 'https://id.example.com/a/' },
      { issuer: 'https://id.example.com/a/', publicUrl: 'https://id.example.com/a' },
    ],
    [
      'a public URL other than the issuer',
      { JWT_ISSUER: 'https://id.example.com', PUBLIC_URL: 'http://127.0.0.1:3000/a/' },
      { publicUrl: 'http://127.0.0.1:3000/a' },
    ],
    [
      'the audience of assertions',
      { CLIENT_ASSERTION_AUDIENCE: 'issuer' },
      { clientAssertionAudience: 'issuer' },
    ],
    [
      'networks of outside issuers',
      { ISSUER_NETWORKS: '10.0.0.0/8, fd12:3456::/32,192.168.0.5' },
      { issuerNetworks: ['10.0.0.0/8', 'fd12:3456::/32', '192.168.0.5'] },
    ],
    ['the shortest chain of actors', { MAX_DELEGATION_DEPTH: '1' }, { maxDelegationDepth: 1 }],
    ['the longest chain of actors', { MAX_DELEGATION_DEPTH: '16' }, { maxDelegationDepth: 16 }],
    ['one algorithm', { JWT_ALGORITHM: 'HS384' }, { algorithms: ['HS384'] }],
    ['several algorithms, in order', { JWT_ALGORITHM: 'HS512|HS256' }, { algorithms: ['HS512', 'HS256'] }],
    ['a clock tolerance', { JWT_CLOCK_TOLERANCE_SECONDS: '60' }, { clockToleranceSeconds: 60 }],
    ['port 0', { PORT: '0' }, { port: 0 }],
    ['a host', { HOST: '::1' }, { host: '::1' }],
    [
      'CORS origins',
      { CORS_ORIGINS: 'https://a.example, https://b.example:8443' },
      { corsOrigins: ['https://a.example', 'https://b.example:8443'] },
    ],
    ['trusted proxies', { TRUST_PROXY: '10.0.0.0/8, ::1' }, { trustedProxies: ['10.0.0.0/8', '::1'] }],
    ['a base path', { BASE_PATH: '/identity-backend' }, { basePath: '/identity-backend' }],
    ['a base path with a trailing slash', { BASE_PATH: '/a/b/' }, { basePath: '/a/b' }],
    ['a base path with dots but no dot segment', { BASE_PATH: '/...a/.b' }, { basePath: '/...a/.b' }],
    ['a base path without a leading slash', { BASE_PATH: 'a' }, { basePath: '/a' }],
    ['the base path of Passenger', { PASSENGER_BASE_URI: '/of-passenger' }, { basePath: '/of-passenger' }],
    ['the root of Passenger', { PASSENGER_BASE_URI: '/' }, { basePath: '' }],
    [
      'BASE_PATH rather than that of Passenger',
      { PASSENGER_BASE_URI: '/a', BASE_PATH: '/b' },
      { basePath: '/b' },
    ],
    ['the proxy of Passenger', { IN_PASSENGER: '1' }, { trustedProxies: ['127.0.0.1'] }],
    [
      'TRUST_PROXY rather than the proxy of Passenger',
      { IN_PASSENGER: '1', TRUST_PROXY: '10.0.0.1' },
      { trustedProxies: ['10.0.0.1'] },
    ],
    ['a secret byte for byte', { JWT_SECRET_KEY: ` ${SECRET}"` }, { secret: ` ${SECRET}"` }],
  ])('reads %s', (_name, variables, expected) => {
    expect(load(variables)).toMatchObject(expected);
  });

  describe('rejects', () => {
    it.each([
      [
        'JWT_EXPIRATION_MINUTES',
        ['0', '1441', '15.5', '-1', '1e2', '0x10', '1 5', 'marker', '99999999999999999999'],
      ],
      ['JWT_CLOCK_TOLERANCE_SECONDS', ['61', '-1', '0.5', 'marker']],
      ['PORT', ['65536', '-1', '3000.5', 'marker', '/tmp/marker']],
      [
        'JWT_ALGORITHM',
        ['none', 'hs256', 'HS1', 'HS256,HS384', 'HS256|', 'HS256|HS256', 'marker', 'toString'],
      ],
      ['JWT_ISSUER', ['\u00A0marker', 'mar\nker', 'mar\u0000ker', 'mar\u200bker', 'mar\u202eker']],
      [
        'NODE_ENV',
        ['marker', 'Production', 'prod', 'production,', "'production'", 'production\u00A0', 'staging'],
      ],
      [
        'PUBLIC_URL',
        [
          ...[
            'marker',
            'ftp://marker.example',
            'https://',
            '//marker.example',
            'https://user:marker@id.example',
          ],
          ...['https://marker@id.example', 'https://id.example?marker', 'https://id.example/#marker'],
          ...['https://id.example/marker//', 'https://id.example/a b/marker', 'https://id.example/../marker'],
        ],
      ],
      ['CLIENT_ASSERTION_AUDIENCE', ['marker', 'endpoint', 'Issuer', 'issuer,endpoint']],
      [
        'ISSUER_NETWORKS',
        [
          ...[
            'marker',
            'marker.example/8',
            '10.0.0.0/33',
            '10.0.0.0/-1',
            '10.0.0.0/',
            '10.0.0.0/8/8',
            '::1/129',
          ],
          ...['10.0.0.0/8,', ',10.0.0.0/8', '10.0.0.0/8 10.1.0.0/16', '10.0.0/8', '010.0.0.0/8', '[::1]/128'],
          ...[
            '10.0.0.0/255.0.0.0',
            '10.0.0.0/8,marker',
            '*',
            'private',
            'fe80::marker/64',
            'fe80::1%eth0/64',
          ],
        ],
      ],
      ['MAX_DELEGATION_DEPTH', ['0', '17', '-1', '4.5', '0x4', '1e1', 'marker']],
      ['TOKEN_ENDPOINT_AUTH', ['marker', 'NONE', 'true']],
      ['HOST', ['http://marker', 'mar ker']],
      [
        'BASE_PATH',
        [
          '/a//b',
          '/marker/..',
          '../marker',
          '/marker/./a',
          '/mar ker',
          '/marker?x',
          '/marker#x',
          'https://marker',
        ],
      ],
      ['TRUST_PROXY', ['marker', '10.0.0.0/33', '::1/129', '10.0.0.1,', 'true', '1']],
      ['LOG_LEVEL', ['marker', 'INFO', 'warning']],
      ['DEBUG_ENV', ['marker', '1', 'yes', 'TRUE']],
      ['SWAGGER', ['marker', '0']],
      ['METRICS', ['marker', 'on']],
      [
        'CORS_ORIGINS',
        ['*', 'marker', 'https://marker/', 'https://marker/path', 'https://a.example,', 'null'],
      ],
      [
        'JWT_SECRET_KEY_PREVIOUS',
        [',', `${PREVIOUS_SECRET},`, `,${PREVIOUS_SECRET}`, `${PREVIOUS_SECRET},,x`],
      ],
    ])('%s if it is one of %j, by name and without the value', (name, values) => {
      for (const value of values) {
        const { faults, message } = refusalOf(() => load({ [name]: value }));
        expect([value, faults.length]).toEqual([value, 1]);
        expect(faults[0]).toMatch(new RegExp(`^${name} `));
        expect(message).not.toMatch(/mar.?ker/s);
        expect(message).not.toContain(PREVIOUS_SECRET);
      }
    });

    it('all faulty settings at once, by name and without their values', () => {
      const variables = {
        NODE_ENV: 'production',
        JWT_SECRET_KEY: 'changeme',
        JWT_SECRET_KEY_PREVIOUS: 'marker-2,',
        JWT_ISSUER: '\u00A0marker-3',
        JWT_EXPIRATION_MINUTES: 'marker-4',
        JWT_ALGORITHM: 'marker-5',
        JWT_CLOCK_TOLERANCE_SECONDS: 'marker-6',
        ISSUER_NETWORKS: 'marker-16',
        MAX_DELEGATION_DEPTH: 'marker-17',
        TOKEN_ENDPOINT_AUTH: 'marker-7',
        PORT: 'marker-8',
        BASE_PATH: '/marker 9',
        TRUST_PROXY: 'marker-10',
        LOG_LEVEL: 'marker-11',
        DEBUG_ENV: 'marker-12',
        SWAGGER: 'marker-13',
        METRICS: 'marker-14',
        CORS_ORIGINS: 'marker-15',
      };
      const { message, faults } = refusalOf(() => load(variables));
      const { NODE_ENV: _known, ...wrong } = variables;
      for (const name of Object.keys(wrong)) expect(message).toContain(`- ${name} `);
      expect(new Set(faults.map((fault) => fault.split(' ')[0]))).toEqual(new Set(Object.keys(wrong)));
      expect(message).not.toMatch(/marker|changeme/);
    });
  });

  describe('in production', () => {
    it('requires a secret and creates none', () => {
      const directory = temporaryDirectory();
      const refusal = refusalOf(() => loadSettings(directory, { NODE_ENV: 'production' }));
      expect(refusal.faults).toEqual(['JWT_SECRET_KEY is required in production']);
      expect(() => statSync(join(directory, 'data'))).toThrow('ENOENT');
    });

    it.each([
      ['HS256', 32],
      ['HS384', 48],
      ['HS512', 64],
      ['HS256|HS512', 64],
    ])('requires for %s a secret of at least %d bytes', (JWT_ALGORITHM, bytes) => {
      const secret = 'q7Zk2vXw9Lr4Ty6Bn1Mc8Hd3Fg5Js0Pa'.repeat(2);
      const JWT_SECRET_KEY = secret.slice(0, bytes);
      expect(loadInProduction({ JWT_ALGORITHM, JWT_SECRET_KEY }).secret).toBe(JWT_SECRET_KEY);
      expect(
        refusalOf(() => loadInProduction({ JWT_ALGORITHM, JWT_SECRET_KEY: secret.slice(0, bytes - 1) }))
          .faults,
      ).toEqual([`JWT_SECRET_KEY is under ${bytes} bytes`]);
    });

    it('counts the bytes of a secret, not its characters', () => {
      expect(loadInProduction({ JWT_SECRET_KEY: '東京大学物理学部ドイ' + 'é' }).production).toBe(true);
    });

    it.each([
      '<strong-shared-secret>',
      'your_shared_secret',
      'changeme'.repeat(4),
      'x1'.repeat(32),
      '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----',
      '{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"}',
    ])('rejects the secret %j', (JWT_SECRET_KEY) => {
      const { faults, message } = refusalOf(() => loadInProduction({ JWT_SECRET_KEY }));
      expect(faults).toHaveLength(1);
      expect(message).not.toContain(JWT_SECRET_KEY);
    });

    it('applies the same rules to previous secrets', () => {
      const { faults } = refusalOf(() =>
        loadInProduction({ JWT_SECRET_KEY_PREVIOUS: `short,${PREVIOUS_SECRET},changeme` }),
      );
      expect(faults).toEqual([
        'JWT_SECRET_KEY_PREVIOUS is under 32 bytes',
        'JWT_SECRET_KEY_PREVIOUS is a known placeholder',
      ]);
    });
  });

  describe('outside production', () => {
    it.each([
      ['a short secret', { JWT_SECRET_KEY: 'q7Zk' }, 'JWT_SECRET_KEY is under 32 bytes'],
      [
        'a secret too short for the hash',
        { JWT_SECRET_KEY: SECRET.slice(0, 50), JWT_ALGORITHM: 'HS512' },
        'JWT_SECRET_KEY is under 64 bytes',
      ],
      [
        'a placeholder',
        { JWT_SECRET_KEY: '<strong-shared-secret>' },
        'JWT_SECRET_KEY is a known placeholder',
      ],
      [
        'spaces around the secret',
        { JWT_SECRET_KEY: `${SECRET} ` },
        'JWT_SECRET_KEY has surrounding white space',
      ],
      [
        'a weak previous secret',
        { JWT_SECRET_KEY_PREVIOUS: 'q7Zk' },
        'JWT_SECRET_KEY_PREVIOUS is under 32 bytes',
      ],
    ])('accepts %s and adds a notice', (_name, variables, notice) => {
      const { notices } = load(variables);
      expect(notices).toContain(notice);
      for (const each of notices) expect(each).not.toContain('q7Zk');
    });

    it('creates no secret and reads the one in data/jwt-secret-key', () => {
      const directory = temporaryDirectory();
      expect(loadSettings(directory, {}).secret).toBeUndefined();
      expect(() => statSync(join(directory, 'data'))).toThrow('ENOENT');
      mkdirSync(join(directory, 'data'));
      writeFileSync(join(directory, 'data', 'jwt-secret-key'), SECRET);
      expect(loadSettings(directory, {}).secret).toBe(SECRET);
    });

    it('rejects a missing JWT_SECRET_KEY by name if data is not a folder', () => {
      const directory = temporaryDirectory();
      writeFileSync(join(directory, 'data'), '');
      expect(refusalOf(() => loadSettings(directory, {})).message).toContain('JWT_SECRET_KEY is not set');
    });
  });

  describe('previous secrets', () => {
    it.each([
      ['one', 'a', ['a']],
      ['several', 'a,b,c', ['a', 'b', 'c']],
      ['one with a comma', 'a\\,b', ['a,b']],
      ['several with commas', 'a\\,b,c\\,\\,d', ['a,b', 'c,,d']],
      ['one with spaces, which are kept', ' a , b', [' a ', ' b']],
      ['one with a backslash that escapes no comma', 'a\\b,c', ['a\\b', 'c']],
    ])('are read: %s', (_name, text, secrets) => {
      expect(load({ JWT_SECRET_KEY_PREVIOUS: text }).previousSecrets).toEqual(secrets);
    });
  });

  describe('.env', () => {
    it('is read together with the environment, which takes precedence', () => {
      const directory = withDotEnv('JWT_ISSUER=of-the-file\nPORT=4000\n');
      expect(load({ PORT: '5000' }, directory)).toMatchObject({ issuer: 'of-the-file', port: 5000 });
    });

    it('keeps a quoted secret byte for byte', () => {
      const directory = withDotEnv("JWT_SECRET_KEY=' with spaces, # and \" '\n");
      expect(loadSettings(directory, {}).secret).toBe(' with spaces, # and " ');
    });

    it('is validated like the environment, without showing a value', () => {
      const { message } = refusalOf(() => load({}, withDotEnv('PORT=marker\nJWT_ALGORITHM=marker\n')));
      expect(message).toContain('PORT');
      expect(message).toContain('JWT_ALGORITHM');
      expect(message).not.toContain('marker');
    });

    it('is rejected if it cannot be read', () => {
      const directory = temporaryDirectory();
      mkdirSync(join(directory, '.env'));
      expect(refusalOf(() => load({}, directory)).message).toContain('.env');
    });

    it('does not change process.env', () => {
      const before = { ...process.env };
      load({}, withDotEnv('IDENTITY_BACKEND_TEST_MARKER=1\n'));
      expect({ ...process.env }).toEqual(before);
    });
  });
});
