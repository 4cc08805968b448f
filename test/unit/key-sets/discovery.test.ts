import { describe, expect, it } from '@jest/globals';
import { discoverKeySet } from '../../../src/key-sets/discovery.js';
import { IssuerMetadata } from '../../../src/key-sets/issuer-metadata.js';
import { keySetSource } from '../../../src/key-sets/key-set-source.js';
import { connectionRefused, FakeFetch, json, type SentRequest } from '../../support/fake-fetch.js';

const ISSUER = 'https://issuer.example';
const OPENID = '/.well-known/openid-configuration';
const OAUTH = '/.well-known/oauth-authorization-server';
const JWKS = `${ISSUER}/keys`;

/** Serves these documents at their URLs, and responds with 404 at others. */
const publishing =
  (documents: Readonly<Record<string, unknown>>) =>
  ({ url }: SentRequest): Response =>
    Object.hasOwn(documents, url) ? json(documents[url]) : json({}, 404);

const discover = (fake: FakeFetch, issuer = ISSUER): Promise<string> =>
  discoverKeySet({ issuer, allowPlainHttp: false, fetch: fake.fetch });

const urls = (fake: FakeFetch): string[] => fake.sent.map(({ url }) => url);

describe('discoverKeySet', () => {
  it('requests the OpenID Connect metadata first', async () => {
    const fake = new FakeFetch(publishing({ [ISSUER + OPENID]: { issuer: ISSUER, jwks_uri: JWKS } }));
    expect(await discover(fake)).toBe(JWKS);
    expect(urls(fake)).toEqual([ISSUER + OPENID]);
  });

  it('falls back to the RFC 8414 metadata', async () => {
    const fake = new FakeFetch(publishing({ [ISSUER + OAUTH]: { issuer: ISSUER, jwks_uri: JWKS } }));
    expect(await discover(fake)).toBe(JWKS);
    expect(urls(fake)).toEqual([ISSUER + OPENID, ISSUER + OAUTH]);
  });

  it.each([
    ['before the path of the issuer', `${ISSUER}${OAUTH}/base`],
    ['after the path of the issuer', `${ISSUER}/base${OAUTH}`],
  ])('finds the RFC 8414 metadata %s', async (_name, address) => {
    const issuer = `${ISSUER}/base`;
    const fake = new FakeFetch(publishing({ [address]: { issuer, jwks_uri: JWKS } }));
    expect(await discover(fake, issuer)).toBe(JWKS);
  });

  it('adds no second slash to an issuer that ends in one, and compares the issuer unchanged', async () => {
    const issuer = `${ISSUER}/base/`;
    const fake = new FakeFetch(publishing({ [`${ISSUER}/base${OPENID}`]: { issuer, jwks_uri: JWKS } }));
    expect(await discover(fake, issuer)).toBe(JWKS);
  });

  it.each([
    ['of another issuer', { issuer: 'https://other.example', jwks_uri: JWKS }, /another issuer/],
    ['of an issuer that differs by a slash', { issuer: `${ISSUER}/`, jwks_uri: JWKS }, /another issuer/],
    ['without an issuer', { jwks_uri: JWKS }, /another issuer/],
    ['that is not an object', [], /another issuer/],
    ['without jwks_uri', { issuer: ISSUER }, /jwks_uri must be an absolute/],
    [
      'with a jwks_uri in plain HTTP',
      { issuer: ISSUER, jwks_uri: 'http://issuer.example/keys' },
      /must be https/,
    ],
    ['with a jwks_uri of a file', { issuer: ISSUER, jwks_uri: 'file:///keys' }, /must be an absolute/],
  ])('rejects a document %s without trying the other URL', async (_name, document, words) => {
    const fake = new FakeFetch(publishing({ [ISSUER + OPENID]: document }));
    await expect(discover(fake)).rejects.toThrow(words);
    expect(fake.sent).toHaveLength(1);
  });

  it('fails if neither document exists', async () => {
    await expect(discover(new FakeFetch(publishing({})))).rejects.toThrow(`${ISSUER}${OAUTH}: status 404`);
  });

  it('does not try the other URL if the issuer does not respond at all', async () => {
    const fake = new FakeFetch(connectionRefused);
    await expect(discover(fake)).rejects.toThrow('ECONNREFUSED');
    expect(fake.sent).toHaveLength(1);
  });
});

describe('IssuerMetadata.fetchOpenId', () => {
  const fetchOpenId = (fake: FakeFetch, issuer: string): Promise<IssuerMetadata> =>
    IssuerMetadata.fetchOpenId({ issuer, allowPlainHttp: false, fetch: fake.fetch });

  it.each([
    ['appends its path to the issuer', ISSUER, ISSUER + OPENID],
    ['keeps the path of the issuer', `${ISSUER}/base`, `${ISSUER}/base${OPENID}`],
    ['removes one trailing slash', `${ISSUER}/base/`, `${ISSUER}/base${OPENID}`],
    ['removes no other slash', `${ISSUER}//`, `${ISSUER}/${OPENID}`],
  ])('%s', async (_name, issuer, address) => {
    const fake = new FakeFetch(publishing({ [address]: { issuer, jwks_uri: JWKS } }));
    expect((await fetchOpenId(fake, issuer)).endpoint('jwks_uri')).toBe(JWKS);
    expect(urls(fake)).toEqual([address]);
  });

  it('does not try the metadata of RFC 8414', async () => {
    const fake = new FakeFetch(publishing({ [ISSUER + OAUTH]: { issuer: ISSUER, jwks_uri: JWKS } }));
    await expect(fetchOpenId(fake, ISSUER)).rejects.toThrow(`${ISSUER}${OPENID}: status 404`);
    expect(fake.sent).toHaveLength(1);
  });

  it('rejects the document of an issuer that differs by the slash which its URL omits', async () => {
    const fake = new FakeFetch(publishing({ [ISSUER + OPENID]: { issuer: ISSUER, jwks_uri: JWKS } }));
    await expect(fetchOpenId(fake, `${ISSUER}/`)).rejects.toThrow('another issuer');
  });
});

describe('keySetSource', () => {
  const place = { issuer: ISSUER, allowPlainHttp: false };
  const published = publishing({
    [ISSUER + OPENID]: { issuer: ISSUER, jwks_uri: JWKS },
    [JWKS]: { keys: [{ kid: 'a' }] },
  });

  it('is undefined without a location', () => {
    expect(keySetSource({ ...place, publicKeys: undefined, fetch: fetch })).toBeUndefined();
  });

  it('fetches the keys from jwksUri, and reads their age from Cache-Control', async () => {
    const fake = new FakeFetch(() => json({ keys: [1] }, 200, { 'cache-control': 'max-age=120' }));
    const source = keySetSource({ ...place, publicKeys: { jwksUri: JWKS }, fetch: fake.fetch });
    expect(await source?.()).toEqual({ keys: [1], ageSeconds: 120 });
    expect(urls(fake)).toEqual([JWKS]);
    expect(fake.sent[0]?.headers.get('accept')).toContain('application/jwk-set+json');
  });

  it('discovers the URL of the keys once', async () => {
    const fake = new FakeFetch(published);
    const source = keySetSource({ ...place, publicKeys: 'discover', fetch: fake.fetch });
    await source?.();
    await source?.();
    expect(urls(fake)).toEqual([ISSUER + OPENID, JWKS, JWKS]);
  });

  it('discovers the URL again after a failure, because the keys may have moved', async () => {
    const fake = new FakeFetch(published);
    const source = keySetSource({ ...place, publicKeys: 'discover', fetch: fake.fetch });
    await source?.();
    fake.answer = publishing({
      [ISSUER + OPENID]: { issuer: ISSUER, jwks_uri: `${ISSUER}/moved` },
      [`${ISSUER}/moved`]: { keys: [] },
    });
    await expect(source?.()).rejects.toThrow('status 404');
    expect(await source?.()).toEqual({ keys: [], ageSeconds: 300 });
  });

  it.each([
    ['is missing', () => json({ keys: [] }, 404), 'status 404'],
    ['is redirected', () => json({ keys: [] }, 302, { location: `${ISSUER}/moved` }), 'status 302'],
    ['has no keys', () => json({}), 'not a JWK Set'],
    ['has keys that are not an array', () => json({ keys: {} }), 'not a JWK Set'],
    ['is an array', () => json([]), 'not a JWK Set'],
    ['is not JSON', () => new Response('<html>'), 'not a JWK Set'],
  ])('fails if the key set %s', async (_name, respond, words) => {
    const source = keySetSource({
      ...place,
      publicKeys: { jwksUri: JWKS },
      fetch: new FakeFetch(respond).fetch,
    });
    await expect(source?.()).rejects.toThrow(`${JWKS}: ${words}`);
  });
});
