import { describe, expect, it } from '@jest/globals';
import {
  type ProtectedResource,
  type ProtectedResourceOptions,
  protectedSpace,
  readProtectedResource,
} from '../../../src/guard/protected-resource.js';

const RESOURCE = 'https://api.example/mcp';
const ISSUER = 'https://id.example.com';

/** What a caller without types may pass. */
type Given = { readonly [Name in keyof ProtectedResourceOptions]: unknown };

const read = (
  options: Given,
  { issuers = [ISSUER], allowPlainHttp = false } = {},
): ProtectedResource | undefined =>
  readProtectedResource(options as ProtectedResourceOptions, { issuers, allowPlainHttp });

describe('readProtectedResource', () => {
  it('reads a resource, with defaults', () => {
    expect(read({ resource: RESOURCE })).toEqual({
      document: {
        resource: RESOURCE,
        authorization_servers: [ISSUER],
        bearer_methods_supported: ['header'],
      },
      metadataUrl: 'https://api.example/.well-known/oauth-protected-resource/mcp',
      paths: ['/.well-known/oauth-protected-resource/mcp', '/mcp/.well-known/oauth-protected-resource'],
    });
  });

  it('reads all options', () => {
    const authorizationServers = ['https://one.example/a', 'http://localhost:3000'];
    const scopes = ['notes:read', 'notes:write'];
    expect(read({ resource: RESOURCE, authorizationServers, scopes, metadata: true })?.document).toEqual({
      resource: RESOURCE,
      authorization_servers: authorizationServers,
      scopes_supported: scopes,
      bearer_methods_supported: ['header'],
    });
  });

  it('names the issuers that are URLs, unless authorizationServers does', () => {
    const issuers = ['identity-backend', 'https://one.example', 'HTTP://two.example', 'https://'];
    expect(read({ resource: RESOURCE }, { issuers })?.document.authorization_servers).toEqual([
      'https://one.example',
      'HTTP://two.example',
    ]);
  });

  it.each([
    ['https://api.example', '', ['']],
    ['https://api.example/', '', ['']],
    ['https://api.example:8443/a/b', '/a/b', ['/a/b']],
    ['https://api.example/mcp/', '/mcp/', ['/mcp/', '/mcp']],
  ])('puts the well-known path of %s before its path', (resource, path, paths) => {
    const { origin, pathname } = new URL(resource);
    const wellKnown = '/.well-known/oauth-protected-resource';
    const found = read({ resource });
    expect(found?.metadataUrl).toBe(`${origin}${wellKnown}${path}`);
    const appended = `${pathname.replace(/\/$/, '')}${wellKnown}`;
    expect(found?.paths).toEqual([...new Set([...paths.map((each) => wellKnown + each), appended])]);
    expect(found?.document.resource).toBe(resource);
  });

  it('serves nothing, but names the metadata, with metadata: false', () => {
    expect(read({ resource: RESOURCE, metadata: false })).toMatchObject({
      paths: [],
      metadataUrl: 'https://api.example/.well-known/oauth-protected-resource/mcp',
    });
  });

  it.each(['http://localhost:4000/mcp', 'http://127.0.0.1:4000', 'http://[::1]:4000/mcp'])(
    'accepts %s, which is this host',
    (resource) => {
      expect(read({ resource })?.document.resource).toBe(resource);
    },
  );

  it('accepts plain HTTP with allowPlainHttp', () => {
    expect(read({ resource: 'http://api.internal/mcp' }, { allowPlainHttp: true })).toBeDefined();
  });

  it('is undefined without a resource', () => {
    expect(read({})).toBeUndefined();
    expect(read({ resource: undefined, scopes: undefined })).toBeUndefined();
  });

  it.each<[string, Given, RegExp]>([
    ['a relative path', { resource: '/mcp' }, /: resource must be an absolute http/],
    ['a name', { resource: 'logging-service' }, /: resource must be an absolute http/],
    ['a URN', { resource: 'urn:example:api' }, /: resource must be an absolute http/],
    ['null', { resource: null }, /: resource must be an absolute http/],
    ['a URL object', { resource: new URL(RESOURCE) }, /: resource must be an absolute http/],
    ['plain HTTP', { resource: 'http://api.example/mcp' }, /: resource must be https/],
    ['credentials', { resource: 'https://user:marker@api.example/' }, /: resource must have neither cred/],
    ['a fragment', { resource: `${RESOURCE}#a` }, /: resource must have neither/],
    ['an empty fragment', { resource: `${RESOURCE}#` }, /: resource must have neither a query/],
    ['a query', { resource: `${RESOURCE}?a=b` }, /: resource must have neither a query/],
    ['an empty query', { resource: `${RESOURCE}?` }, /: resource must have neither a query/],
    ['dot segments', { resource: 'https://api.example/a/../mcp' }, /: resource must have a path/],
    ['a dot segment at its end', { resource: 'https://api.example/a/.' }, /: resource must have a path/],
    ['two slashes', { resource: 'https://api.example//mcp' }, /: resource must have a path/],
    ['a parameter of a route', { resource: 'https://api.example/:mcp' }, /: resource must have a path/],
    ['a wildcard', { resource: 'https://api.example/*' }, /: resource must have a path/],
    ['percent-encoding', { resource: 'https://api.example/%6dcp' }, /: resource must have a path/],
    ['a backslash', { resource: 'https://api.example\\mcp' }, /: resource must have a path/],
    ['whitespace', { resource: `${RESOURCE} ` }, /: resource must have a path/],
    ['scopes without it', { scopes: ['a'] }, /: scopes needs resource/],
    ['metadata without it', { metadata: false }, /: metadata needs resource/],
    ['authorizationServers without it', { authorizationServers: [] }, /: authorizationServers needs res/],
    ['metadata that is text', { resource: RESOURCE, metadata: 'true' }, /: metadata must be true or false/],
    ['scopes that are text', { resource: RESOURCE, scopes: 'a b' }, /: scopes must be an array/],
    ['a scope with a space', { resource: RESOURCE, scopes: ['a b'] }, /: scopes must be an array/],
    ['a repeated scope', { resource: RESOURCE, scopes: ['a', 'a'] }, /: scopes must be an array/],
    [
      'no authorization server',
      { resource: RESOURCE, authorizationServers: [] },
      /: authorizationServers must be an array/,
    ],
    [
      'one authorization server that is text',
      { resource: RESOURCE, authorizationServers: ISSUER },
      /: authorizationServers must be an array/,
    ],
    [
      'an authorization server of plain HTTP',
      { resource: RESOURCE, authorizationServers: [ISSUER, 'http://id.example.com'] },
      /: authorizationServers\[1\] must be https/,
    ],
    [
      'an authorization server that is no URL',
      { resource: RESOURCE, authorizationServers: [undefined] },
      /: authorizationServers\[0\] must be an absolute/,
    ],
  ])('rejects %s', (_name, options, words) => {
    expect(() => read(options)).toThrow(TypeError);
    expect(() => read(options)).toThrow(words);
    expect(() => read(options)).not.toThrow(/marker/);
  });

  it('requires authorizationServers if no issuer is a URL', () => {
    const options = { resource: RESOURCE };
    expect(() => read(options, { issuers: ['identity-backend'] })).toThrow(
      'IdentityAuthModule: authorizationServers must be given with resource, as no issuer is a URL',
    );
  });
});

describe('protectedSpace', () => {
  it('has the URL of the metadata and the scopes', () => {
    expect(protectedSpace('mcp', read({ resource: RESOURCE, scopes: ['a', 'b'] }))).toEqual({
      realm: 'mcp',
      resourceMetadata: 'https://api.example/.well-known/oauth-protected-resource/mcp',
      scopes: ['a', 'b'],
    });
  });

  it('has the realm only without a resource', () => {
    expect(protectedSpace('mcp', undefined)).toEqual({ realm: 'mcp' });
  });
});
