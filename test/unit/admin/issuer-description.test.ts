import { describe, expect, it } from '@jest/globals';
import { toIssuerDto } from '../../../src/admin/dto/issuer-response.dto.js';
import { type DescriptionSource, IssuerDescription } from '../../../src/admin/issuer-description.js';
import { ChangeRefused } from '../../../src/clients/change-refused.js';
import type { DescribedIssuer, KeySource, TrustedIssuer } from '../../../src/issuers/trusted-issuer.js';
import { VALID_PAIRS } from '../../support/bad-keys.js';
import { NEW_YEAR } from '../../support/moved-clock.js';

const description = new IssuerDescription({ issuer: 'https://id.example', production: true });
const development = new IssuerDescription({ issuer: 'identity-backend', production: false });

const EC = VALID_PAIRS['P-256'].publicJwk;
const JWKS = { keys: [{ ...EC, kid: 'a' }] };
const BUNDLE = { keys: [{ ...EC, kid: 'a', use: 'jwt-svid' }] };
const LEAST = { id: 'ci', issuer: 'https://ci.example', keys: { discovery: true } };

/** The refusal that an act throws. */
function refusal(act: () => unknown): ChangeRefused {
  try {
    act();
  } catch (error) {
    if (error instanceof ChangeRefused) return error;
    throw error;
  }
  throw new Error('It was accepted');
}

const read = (fields: object = {}, source: DescriptionSource = 'http'): DescribedIssuer =>
  description.read({ ...LEAST, ...fields }, source);

function entryOf(fields: object = {}): TrustedIssuer {
  const now = NEW_YEAR * 1000;
  return { ...read(fields, 'command line'), keysSetAt: now, createdAt: now, updatedAt: now };
}

const keysOf = (fields: Record<string, unknown>, source: DescriptionSource = 'http'): KeySource =>
  read({ keys: fields }, source).keys;

describe('IssuerDescription.read', () => {
  it('has a default for every field but id, issuer and keys', () => {
    expect(read()).toEqual({
      id: 'ci',
      issuer: 'https://ci.example',
      keys: { kind: 'discovery' },
      algorithms: ['RS256', 'ES256'],
      audiences: ['https://id.example'],
      uses: [],
      types: ['', 'JWT'],
      maxLifetimeSeconds: 3600,
      replay: { client_authentication: 'reusable', jwt_bearer: 'once', token_exchange: 'reusable' },
      subject: 'prefixed',
      claims: {},
      scopesClaim: null,
      idJag: false,
      disabled: false,
    });
  });

  it.each<[string, object, object]>([
    [
      'replay',
      { replay: { jwt_bearer: null, token_exchange: 'once' } },
      { replay: { token_exchange: 'once' } },
    ],
    ['claims', { claims: { '/a': null, '/b': 'b' } }, { claims: { '/b': 'b' } }],
    ['keys', { keys: { discovery: true, jwks_uri: null, trust_domain: null } }, {}],
    [
      'the files of keys',
      { keys: { jwks_uri: 'https://a.example/', ca_file: null, token_file: null } },
      { keys: { jwks_uri: 'https://a.example/' } },
    ],
  ])('reads null in %s as absent', (_name, fields, expected) => {
    expect(read(fields)).toEqual(read(expected));
  });

  it.each<[object, string]>([
    [{ keys: { discovery: null } }, 'keys must be exactly one of'],
    [{ keys: { jwks_uri: null, ca_file: '/a' } }, 'keys must be exactly one of'],
    [{ keys: { spiffe_bundle: BUNDLE, trust_domain: null } }, 'keys must be exactly one of'],
    [{ keys: null }, 'keys is missing'],
    [{ id: null }, 'id is missing'],
  ])('requires what is null in %j', (fields, message) => {
    expect(refusal(() => read(fields, 'command line')).message).toMatch(message);
  });

  it('reads every field', () => {
    expect(
      read({
        algorithms: ['EdDSA', 'PS256'],
        audiences: ['https://id.example/oauth2/token', 'a'],
        uses: ['client_authentication', 'jwt_bearer', 'token_exchange'],
        typ: ['', 'at+jwt', 'application/X'],
        max_lifetime_seconds: 86_400,
        replay: { client_authentication: 'once', jwt_bearer: 'reusable' },
        subject: 'as_is',
        claims: { '/email': 'email', '/a~1b/0': 'constructor' },
        scopes_claim: '/scp',
        id_jag: true,
        disabled: true,
      }),
    ).toEqual({
      id: 'ci',
      issuer: 'https://ci.example',
      keys: { kind: 'discovery' },
      algorithms: ['EdDSA', 'PS256'],
      audiences: ['https://id.example/oauth2/token', 'a'],
      uses: ['client_authentication', 'jwt_bearer', 'token_exchange'],
      types: ['', 'at+jwt', 'application/X'],
      maxLifetimeSeconds: 86_400,
      replay: { client_authentication: 'once', jwt_bearer: 'reusable', token_exchange: 'reusable' },
      subject: 'as_is',
      claims: { '/email': 'email', '/a~1b/0': 'constructor' },
      scopesClaim: '/scp',
      idJag: true,
      disabled: true,
    });
  });

  it('treats null as the default', () => {
    const fields = Object.keys(toIssuerDto(entryOf())).filter((name) => !(name in LEAST));
    expect(read(Object.fromEntries(fields.map((name) => [name, null])))).toEqual(read());
  });

  it.each<[string, unknown]>([
    ['id', undefined],
    ['id', null],
    ['id', ''],
    ['id', 'A'],
    ['id', '1a'],
    ['id', '-a'],
    ['id', 'a_b'],
    ['id', 'a:b'],
    ['id', 'a\n'],
    ['id', 'a'.repeat(65)],
    ['id', 7],
    ['issuer', undefined],
    ['issuer', ''],
    ['issuer', ' '],
    ['issuer', `https://${'a'.repeat(250)}`],
    ['issuer', ['https://ci.example']],
    ['issuer', 'https://ci.example\u0000'],
    ['issuer', 'https://id.example'],
    ['issuer', 'http://ci.example'],
    ['issuer', 'https://user@ci.example'],
    ['issuer', 'https://ci.example?tenant=a'],
    ['issuer', 'https://ci.example#a'],
    ['issuer', 'https://169.254.169.254'],
    ['issuer', 'ci'],
    ['keys', undefined],
    ['keys', null],
    ['keys', 'https://ci.example/jwks'],
    ['keys', []],
    ['keys', {}],
    ['algorithms', []],
    ['algorithms', 'RS256'],
    ['algorithms', ['RS256', 'HS256']],
    ['algorithms', ['none']],
    ['algorithms', ['RS256', 'RS256']],
    ['algorithms', ['rs256']],
    ['algorithms', ['toString']],
    ['audiences', 'a'],
    ['audiences', ['']],
    ['audiences', ['a', 'a']],
    ['audiences', Array.from({ length: 101 }, (_, n) => `a${n}`)],
    ['uses', ['introspection']],
    ['uses', ['jwt_bearer', 'jwt_bearer']],
    ['uses', 'jwt_bearer'],
    ['typ', ['dpop+jwt']],
    ['typ', ['DPoP+JWT']],
    ['typ', ['application/dpop+jwt']],
    ['typ', ['client-authentication+jwt']],
    ['typ', ['oauth-id-jag+jwt']],
    ['typ', ['secevent+jwt']],
    ['typ', ['logout+jwt']],
    ['typ', ['txntoken+jwt']],
    ['typ', ['revocations+jwt']],
    ['typ', ['a b']],
    ['typ', 'JWT'],
    ['max_lifetime_seconds', 0],
    ['max_lifetime_seconds', 86_401],
    ['max_lifetime_seconds', 1.5],
    ['max_lifetime_seconds', '60'],
    ['replay', { client_authentication: 'twice' }],
    ['replay', { introspection: 'once' }],
    ['replay', 'once'],
    ['replay', ['once']],
    ['subject', 'prefix'],
    ['subject', ''],
    ['claims', { email: 'email' }],
    ['claims', { '': 'all' }],
    ['claims', { '/a~2': 'a' }],
    ['claims', { '/sub': 'sub' }],
    ['claims', { '/a': 'client_id' }],
    ['claims', { '/a': 'act' }],
    ['claims', { '/a': '__proto__' }],
    ['claims', { '/a': 'x', '/b': 'x' }],
    ['claims', { '/a': 7 }],
    ['claims', ['/a']],
    ['scopes_claim', 'scp'],
    ['scopes_claim', ''],
    ['scopes_claim', 7],
    ['id_jag', 'true'],
    ['disabled', 1],
  ])('refuses %s: %j', (field, value) => {
    const { code, message } = refusal(() => read({ [field]: value }));
    expect({ code, message }).toEqual({ code: 'invalid_request', message: expect.stringContaining(field) });
  });

  it('refuses a field that it does not know, without quoting a secret', () => {
    expect(refusal(() => read({ audience: ['a'] })).message).toBe('Unknown field "audience"');
    const secret = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ';
    expect(refusal(() => read({ [secret]: 1 })).message).not.toContain(secret);
  });

  it.each([undefined, null, [], 'x'])('refuses a body that is %j', (body) => {
    expect(refusal(() => description.read(body, 'http')).code).toBe('invalid_request');
  });

  it('accepts any issuer that is not a URL if its keys are not discovered', () => {
    expect(read({ issuer: 'login corp 漢字', keys: { jwks: JWKS } }).issuer).toBe('login corp 漢字');
  });

  it('refuses the issuer of this service whatever its keys are', () => {
    expect(refusal(() => read({ issuer: 'https://id.example', keys: { jwks: JWKS } })).message).toMatch(
      /issuer of this service/,
    );
  });

  it('accepts http only for this machine, outside production', () => {
    for (const issuer of ['http://127.0.0.1:8080', 'http://localhost:8080', 'http://[::1]:8080']) {
      expect(development.read({ ...LEAST, issuer }, 'http').issuer).toBe(issuer);
      expect(refusal(() => read({ issuer })).message).toMatch(/^issuer must be https$/);
    }
    expect(refusal(() => development.read({ ...LEAST, issuer: 'http://10.0.0.1' }, 'http')).message).toMatch(
      /https/,
    );
  });
});

describe('the keys of a description', () => {
  it.each<[string, Record<string, unknown>, KeySource]>([
    ['discovery', { discovery: true }, { kind: 'discovery' }],
    [
      'jwks_uri',
      { jwks_uri: 'https://ci.example/jwks' },
      { kind: 'jwks_uri', jwksUri: 'https://ci.example/jwks', caFile: null, tokenFile: null },
    ],
    [
      'jwks_uri of a private address',
      { jwks_uri: 'https://10.0.0.1/jwks' },
      { kind: 'jwks_uri', jwksUri: 'https://10.0.0.1/jwks', caFile: null, tokenFile: null },
    ],
    ['jwks', { jwks: JWKS }, { kind: 'jwks', jwks: JWKS }],
    [
      'spiffe_bundle_uri',
      { spiffe_bundle_uri: 'https://spire.example/', trust_domain: 'prod.example' },
      { kind: 'spiffe_bundle_uri', bundleUri: 'https://spire.example/', trustDomain: 'prod.example' },
    ],
    [
      'spiffe_bundle',
      { spiffe_bundle: BUNDLE, trust_domain: 'prod.example' },
      { kind: 'spiffe_bundle', bundle: BUNDLE, trustDomain: 'prod.example' },
    ],
  ])('may be %s', (_name, keys, expected) => {
    expect(keysOf(keys)).toEqual(expected);
  });

  it.each<[string, Record<string, unknown>]>([
    ['discovery: false', { discovery: false }],
    ['discovery: 1', { discovery: 1 }],
    ['two sources', { discovery: true, jwks: JWKS }],
    ['a URL and a set', { jwks_uri: 'https://ci.example/jwks', jwks: JWKS }],
    ['an unknown field', { discovery: true, x: 1 }],
    ['a trust domain without a bundle', { jwks: JWKS, trust_domain: 'prod.example' }],
    ['a bundle without a trust domain', { spiffe_bundle: BUNDLE }],
    ['a trust domain in upper case', { spiffe_bundle: BUNDLE, trust_domain: 'Prod.example' }],
    ['a trust domain with a scheme', { spiffe_bundle: BUNDLE, trust_domain: 'spiffe://prod.example' }],
    ['files without a URL', { ca_file: '/a', token_file: '/b' }],
    ['a URL without a scheme', { jwks_uri: 'ci.example/jwks' }],
    ['a URL that is a number', { jwks_uri: 7 }],
    ['an http URL', { jwks_uri: 'http://ci.example/jwks' }],
    ['a file URL', { jwks_uri: 'file:///etc/passwd' }],
    ['a URL with a password', { jwks_uri: 'https://a:b@ci.example/jwks' }],
    ['a URL of 2,049 characters', { jwks_uri: `https://ci.example/${'a'.repeat(2_030)}` }],
    ['a set that is an array', { jwks: [EC] }],
    ['an empty set', { jwks: { keys: [] } }],
    ['101 keys', { jwks: { keys: Array.from({ length: 101 }, (_, n) => ({ ...EC, kid: `${n}` })) } }],
    ['one weak key among valid ones', { jwks: { keys: [EC, { kty: 'RSA', n: 'AQAB', e: 'AQAB' }] } }],
    ['a shared secret', { jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } }],
    ['a private key', { jwks: { keys: [VALID_PAIRS['P-256'].privateJwk] } }],
    ['a kid twice', { jwks: { keys: [JWKS.keys[0], JWKS.keys[0]] } }],
    ['a bundle without keys for JWT-SVIDs', { spiffe_bundle: JWKS, trust_domain: 'a' }],
    [
      'a bundle with a private key for certificates',
      {
        spiffe_bundle: { keys: [...BUNDLE.keys, { ...VALID_PAIRS['P-384'].privateJwk, use: 'x509-svid' }] },
        trust_domain: 'a',
      },
    ],
  ])('are refused: %s', (_name, keys) => {
    const { code, message } = refusal(() => keysOf(keys));
    expect({ code, message }).toEqual({ code: 'invalid_request', message: expect.stringMatching(/^keys/) });
  });

  it.each([
    'https://169.254.169.254/',
    'https://2852039166/',
    'https://0xa9fea9fe/',
    'https://0251.0376.0251.0376/',
    'https://[::ffff:169.254.169.254]/',
    'https://[64:ff9b::a9fe:a9fe]/',
    'https://[2002:a9fe:a9fe::]/',
    'https://[fe80::1]/',
    'https://[fd00:ec2::254]/',
    'https://100.100.100.200/',
    'https://0.0.0.0/',
    'https://[::]/',
    'https://224.0.0.1/',
    'https://[ff02::1]/',
  ])('never name the address of %s', (url) => {
    expect(refusal(() => keysOf({ jwks_uri: url })).message).toMatch(/^keys\.jwks_uri has a host that is/);
    expect(refusal(() => keysOf({ spiffe_bundle_uri: url, trust_domain: 'a' })).message).toMatch(
      /^keys\.spiffe_bundle_uri has a host that is/,
    );
    expect(refusal(() => read({ issuer: url })).message).toMatch(/^issuer has a host that is/);
  });

  it('may have 100 keys', () => {
    const keys = Array.from({ length: 100 }, (_, n) => ({ ...EC, kid: `${n}` }));
    expect(keysOf({ jwks: { keys } })).toEqual({ kind: 'jwks', jwks: { keys } });
  });

  it.each(['ca_file', 'token_file'])('may name a %s only on the command line', (field) => {
    const keys = { jwks_uri: 'https://kubernetes.default.svc/openid/v1/jwks', [field]: '/run/secrets/a' };
    expect(refusal(() => keysOf(keys)).message).toMatch(/command line only/);
    expect(keysOf(keys, 'command line')).toMatchObject({ kind: 'jwks_uri' });
    for (const path of ['a', '', './a', '/a\0', 7]) {
      expect(refusal(() => keysOf({ ...keys, [field]: path }, 'command line')).message).toContain(field);
    }
  });
});

describe('IssuerDescription.patch', () => {
  const full = entryOf({
    keys: { jwks: JWKS },
    audiences: ['a'],
    uses: ['jwt_bearer'],
    replay: { client_authentication: 'once', token_exchange: 'once' },
    claims: { '/email': 'email', '/name': 'name' },
    scopes_claim: '/scp',
    disabled: true,
  });
  const patched = (patch: unknown, entry = full, source: DescriptionSource = 'http'): TrustedIssuer =>
    description.patch(entry, patch, source);

  it('keeps what the patch does not have', () => {
    expect(patched({})).toEqual(full);
    expect(patched({ disabled: false })).toEqual({ ...full, disabled: false });
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['jwks', { jwks: JWKS }, {}],
    ['spiffe_bundle', { spiffe_bundle: BUNDLE, trust_domain: 'a.example' }, { trust_domain: 'a.example' }],
  ])('replaces %s as a whole, so that a single key is not one', (name, keys, others) => {
    const entry = entryOf({ keys });
    const set = name === 'jwks' ? JWKS : BUNDLE;
    const [key] = set.keys;
    for (const value of [key, { ...key, d: 'private' }, {}, { compilerOptions: {} }]) {
      expect(refusal(() => patched({ keys: { [name]: value } }, entry)).message).toMatch(
        new RegExp(`^keys.${name} must be a JWK Set`),
      );
    }
    const changed = patched({ keys: { [name]: { ...set, kty: 'EC', d: 'private' } } }, entry);
    expect(toIssuerDto(changed).keys).toEqual({ [name]: { keys: set.keys }, ...others });
    expect(patched({ keys: {} }, entry)).toEqual(entry);
  });

  it('accepts the response to GET', () => {
    expect(patched(toIssuerDto(full))).toEqual(full);
  });

  it('restores every default with null', () => {
    const fields = Object.keys(toIssuerDto(full)).filter((name) => !(name in LEAST));
    expect(patched(Object.fromEntries(fields.map((name) => [name, null])))).toEqual(
      entryOf({ keys: { jwks: JWKS } }),
    );
  });

  it('merges objects: null removes a field of them, or restores its default', () => {
    expect(patched({ claims: { '/name': null, '/org': 'org' } }).claims).toEqual({
      '/email': 'email',
      '/org': 'org',
    });
    expect(patched({ replay: { client_authentication: null, jwt_bearer: 'reusable' } }).replay).toEqual({
      client_authentication: 'reusable',
      jwt_bearer: 'reusable',
      token_exchange: 'once',
    });
  });

  it('changes the source of the keys if the previous one is removed', () => {
    expect(patched({ keys: { jwks: null, discovery: true } }).keys).toEqual({ kind: 'discovery' });
    expect(refusal(() => patched({ keys: { discovery: true } })).message).toMatch(
      /^keys must be exactly one/,
    );
  });

  it.each([
    ['null', null],
    ['an empty source', { jwks: null }],
  ])('refuses keys that are %s', (_name, keys) => {
    expect(refusal(() => patched({ keys })).message).toMatch(/^keys/);
  });

  it('replaces the keys of a set as a whole', () => {
    const jwks = { keys: [{ ...VALID_PAIRS.Ed25519.publicJwk, kid: 'b' }] };
    expect(patched({ keys: { jwks } }).keys).toEqual({ kind: 'jwks', jwks });
  });

  it.each([
    ['id', 'other'],
    ['id', null],
    ['issuer', 'https://other.example'],
    ['issuer', 'https://ci.example/'],
    ['issuer', null],
  ])('refuses to change %s to %j', (field, value) => {
    expect(refusal(() => patched({ [field]: value })).message).toBe(`${field} cannot be changed`);
  });

  it('refuses discovery for an issuer that is no URL', () => {
    const entry = entryOf({ issuer: 'corp', keys: { jwks: JWKS } });
    expect(refusal(() => patched({ keys: { jwks: null, discovery: true } }, entry)).message).toMatch(
      /^issuer/,
    );
  });

  it('validates only the fields of the patch, and keys only if they change', () => {
    const stored: TrustedIssuer = {
      ...full,
      algorithms: ['HS256'],
      keys: { kind: 'jwks', jwks: { keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }] } },
    };
    expect(patched({ disabled: false }, stored)).toEqual({ ...stored, disabled: false });
    expect(patched({ keys: toIssuerDto(stored).keys }, stored)).toEqual(stored);
    expect(refusal(() => patched({ algorithms: ['HS256'] }, stored)).message).toMatch(/^algorithms/);
  });

  describe('of an entry whose keys need files', () => {
    const kubernetes = entryOf({
      keys: { jwks_uri: 'https://10.96.0.1/jwks', ca_file: '/run/ca.crt', token_file: '/run/token' },
    });

    it('keeps them if the same keys are sent back, in any order', () => {
      const { keys } = toIssuerDto(kubernetes);
      expect(patched({ keys }, kubernetes)).toEqual(kubernetes);
      expect(patched({ keys: Object.fromEntries(Object.entries(keys).reverse()) }, kubernetes)).toEqual(
        kubernetes,
      );
    });

    it.each<[string, object]>([
      ['another URL, to which the token would be sent', { jwks_uri: 'https://attacker.example/jwks' }],
      ['another token file', { token_file: '/etc/shadow' }],
      ['another certificate file', { ca_file: '/tmp/ca' }],
      ['no certificate file, but the token', { ca_file: null }],
    ])('refuses %s over HTTP', (_name, keys) => {
      expect(refusal(() => patched({ keys }, kubernetes)).message).toMatch(/command line only/);
      expect(patched({ keys }, kubernetes, 'command line').keys).not.toEqual(kubernetes.keys);
    });

    it('can lose them over HTTP', () => {
      const keys = { jwks_uri: 'https://10.96.0.2/jwks', ca_file: null, token_file: null };
      expect(patched({ keys }, kubernetes).keys).toEqual({
        kind: 'jwks_uri',
        jwksUri: 'https://10.96.0.2/jwks',
        caFile: null,
        tokenFile: null,
      });
    });
  });
});
