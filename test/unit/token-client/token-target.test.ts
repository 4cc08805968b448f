import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { clientSettings } from '../../../src/token-client/client-settings.js';
import type { TokenClientOptions, TokenTarget } from '../../../src/token-client/index.js';
import { type RequestedToken, requestedToken } from '../../../src/token-client/token-target.js';

const CLIENT = { clientId: 'client', clientSecret: 'a-secret' };
const AUDIENCE = { audience: 'logging-service' };
const RESOURCE = 'https://logs.example';
const { privateKey } = generateKeyPairSync('ed25519');

const read = (target: unknown, options: Partial<TokenClientOptions> = CLIENT): RequestedToken =>
  requestedToken(target as TokenTarget, clientSettings({ issuerUrl: 'https://issuer.example', ...options }));

describe('A target', () => {
  it.each<[string, object, Partial<TokenClientOptions>, RequestedToken['route']]>([
    ['an audience', AUDIENCE, CLIENT, 'oauth2/token'],
    ['a resource', { resource: RESOURCE }, CLIENT, 'oauth2/token'],
    ['a scope alone', { scope: 'a' }, CLIENT, 'oauth2/token'],
    ['a subject', { ...AUDIENCE, subject: 'a' }, CLIENT, 'token'],
    ['claims', { ...AUDIENCE, claims: { a: 1 } }, CLIENT, 'token'],
    ['expiresIn', { ...AUDIENCE, expiresIn: 60 }, CLIENT, 'token'],
    ['empty claims', { ...AUDIENCE, claims: {} }, CLIENT, 'oauth2/token'],
    ['an audience, of a client with a subject', AUDIENCE, { subject: 'a' }, 'token'],
    ['an audience, of a client with a key', AUDIENCE, { clientId: 'client', privateKey }, 'oauth2/token'],
    [
      'an audience and a resource, at another issuer',
      { ...AUDIENCE, resource: RESOURCE },
      { ...CLIENT, discover: true },
      'oauth2/token',
    ],
  ])('with %s is requested at the route that takes it', (_name, target, options, route) => {
    expect(read(target, options).route).toBe(route);
  });

  it.each<[string, unknown, unknown]>([
    ['the order of fields', { ...AUDIENCE, scope: 'a' }, { scope: 'a', ...AUDIENCE }],
    ['an empty scope', { ...AUDIENCE, scope: '' }, AUDIENCE],
    ['fields that are undefined', { ...AUDIENCE, subject: undefined, claims: undefined }, AUDIENCE],
    ['empty claims', { ...AUDIENCE, claims: {} }, AUDIENCE],
    [
      'the order of claims at any depth',
      { ...AUDIENCE, claims: { a: { x: 1, y: [{ p: 1, q: 2 }] }, b: 2 } },
      { ...AUDIENCE, claims: { b: 2, a: { y: [{ q: 2, p: 1 }], x: 1 } } },
    ],
    ['a list of one resource', { resource: [RESOURCE] }, { resource: RESOURCE }],
    [
      'the order of resources, or duplicates',
      { resource: ['b:1', 'a:1', 'b:1'] },
      { resource: ['a:1', 'b:1'] },
    ],
  ])('has the same token whatever %s', (_name, one, other) => {
    expect(read(one).id).toBe(read(other).id);
  });

  it('has a token of its own for each audience, scope, resource, subject, claim and lifetime', () => {
    const targets = [
      AUDIENCE,
      { audience: 'other' },
      { ...AUDIENCE, scope: 'a' },
      { resource: RESOURCE },
      { scope: RESOURCE },
      { ...AUDIENCE, subject: 'a' },
      { ...AUDIENCE, subject: 'b' },
      { ...AUDIENCE, claims: { a: 1 } },
      { ...AUDIENCE, claims: { a: '1' } },
      { ...AUDIENCE, claims: { a: [1] } },
      { ...AUDIENCE, claims: { a: [1, 2] } },
      { ...AUDIENCE, claims: { a: [2, 1] } },
      { ...AUDIENCE, expiresIn: 60 },
      { ...AUDIENCE, expiresIn: 61 },
    ];
    expect(new Set(targets.map((target) => read(target).id)).size).toBe(targets.length);
  });

  it('keeps its claims if the caller changes them later', () => {
    const claims = { team: ['a'] };
    const requested = read({ ...AUDIENCE, claims });
    claims.team.push('b');
    expect(requested.claims).toEqual({ team: ['a'] });
  });

  const cycle: Record<string, unknown> = {};
  cycle['cycle'] = cycle;

  it.each<[string, unknown, Partial<TokenClientOptions>, RegExp]>([
    ['undefined', undefined, CLIENT, /target must be an object, and is undefined/],
    ['a string', 'marker', CLIENT, /target must be an object, and is a string/],
    ['without anything', {}, CLIENT, /audience is missing/],
    ['with an empty scope alone', { scope: '' }, CLIENT, /audience is missing/],
    ['with an empty audience', { audience: '' }, CLIENT, /audience must .* an empty string/],
    ['with several audiences', { audience: ['marker'] }, CLIENT, /audience must .* an array/],
    ['with a scope that is a list', { ...AUDIENCE, scope: ['marker'] }, CLIENT, /scope must .* an array/],
    ['with an empty subject', { ...AUDIENCE, subject: '' }, CLIENT, /subject must .* an empty string/],
    ['with claims that are a string', { ...AUDIENCE, claims: 'marker' }, CLIENT, /claims must .* a string/],
    ['with claims that are null', { ...AUDIENCE, claims: null }, CLIENT, /claims must .* null/],
    ['with claims that are a list', { ...AUDIENCE, claims: ['marker'] }, CLIENT, /claims must .* an array/],
    ['with cyclic claims', { ...AUDIENCE, claims: cycle }, CLIENT, /claims must be JSON/],
    ['with a bigint', { ...AUDIENCE, claims: { a: 1n } }, CLIENT, /claims must be JSON/],
    ['with large claims', { ...AUDIENCE, claims: { a: 'x'.repeat(4096) } }, CLIENT, /claims must be at most/],
    ['with expiresIn 0', { ...AUDIENCE, expiresIn: 0 }, CLIENT, /expiresIn must .* a number/],
    ['with expiresIn 1.5', { ...AUDIENCE, expiresIn: 1.5 }, CLIENT, /expiresIn must/],
    ['with expiresIn as text', { ...AUDIENCE, expiresIn: '60' }, CLIENT, /expiresIn must .* a string/],
    ['with no resource', { resource: [] }, CLIENT, /resource must .* an empty array/],
    ['with a name as resource', { resource: 'marker' }, CLIENT, /resource must be an absolute URI/],
    ['with a fragment', { resource: 'https://a.example#marker' }, CLIENT, /resource must be an absolute URI/],
    ['with 21 resources', { resource: Array.from({ length: 21 }, (_, i) => `a:${i}`) }, CLIENT, /1 to 20/],
    [
      'with audience and resource',
      { ...AUDIENCE, resource: RESOURCE },
      CLIENT,
      /audience and resource exclude/,
    ],
    [
      'with resource and subject',
      { resource: RESOURCE, subject: 'a' },
      CLIENT,
      /resource and subject exclude/,
    ],
    [
      'with resource and claims',
      { resource: RESOURCE, claims: { a: 1 } },
      CLIENT,
      /resource and claims exclude/,
    ],
    ['with resource and expiresIn', { resource: RESOURCE, expiresIn: 1 }, CLIENT, /resource and expiresIn/],
    [
      'with resource, of a client with a subject',
      { resource: RESOURCE },
      { subject: 'a' },
      /resource and subject/,
    ],
    ['with a subject, but no audience', { scope: 'a', subject: 'a' }, CLIENT, /audience is missing/],
    [
      'with claims, at a discovered issuer',
      { ...AUDIENCE, claims: { a: 1 } },
      { ...CLIENT, discover: true },
      /claims needs POST \/token/,
    ],
    [
      'with expiresIn, at a token endpoint',
      { ...AUDIENCE, expiresIn: 60 },
      { ...CLIENT, tokenEndpoint: RESOURCE },
      /expiresIn needs POST \/token/,
    ],
    [
      'with a subject, of a client with a key',
      { ...AUDIENCE, subject: 'a' },
      { clientId: 'client', privateKey },
      /subject needs POST \/token, which accepts a clientSecret/,
    ],
  ])('%s is a TypeError that names the field', (_name, target, options, words) => {
    expect(() => read(target, options)).toThrow(TypeError);
    expect(() => read(target, options)).toThrow(words);
    expect(() => read(target, options)).not.toThrow(/marker/);
  });
});
