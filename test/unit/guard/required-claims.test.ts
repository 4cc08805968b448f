import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  describeClaims,
  hasRequiredClaims,
  type RequiredClaims,
} from '../../../src/guard/required-claims.js';

const has = (claims: Record<string, unknown>, required: RequiredClaims): boolean =>
  hasRequiredClaims({ exp: 1, ...claims }, required);

describe('hasRequiredClaims', () => {
  it.each<[claims: Record<string, unknown>, required: RequiredClaims, result: boolean]>([
    [{ role: 'admin' }, { role: 'admin' }, true],
    [{ role: 'administrator' }, { role: 'admin' }, false],
    [{}, { role: 'admin' }, false],
    [{ role: ['user', 'admin'] }, { role: 'admin' }, true],
    [{ role: [] }, { role: 'admin' }, false],
    [{ role: 'admin' }, { role: ['owner', 'admin'] }, true],
    [{ role: 'admin', tenant: 'b' }, { role: 'admin', tenant: 'a' }, false],
    [{ level: 3 }, { level: 3 }, true],
    [{ level: '3' }, { level: 3 }, false],
    [{ email_verified: true }, { email_verified: true }, true],
    [{ email_verified: 'true' }, { email_verified: true }, false],
    // Lists as text: `scope` (RFC 8693 §4.2) and `scp`. Any other text is one value.
    [{ scp: 'files.read files.write' }, { scp: 'files.write' }, true],
    [{ scp: ['files.read', 'files.write'] }, { scp: 'files.write' }, true],
    [{ scope: 'a b' }, { scope: 'b' }, true],
    [{ role: 'user admin' }, { role: 'admin' }, false],
    // Paths.
    [{ realm_access: { roles: ['admin'] } }, { 'realm_access.roles': 'admin' }, true],
    [{ realm_access: { roles: 'admin' } }, { 'realm_access.roles': 'admin' }, true],
    [{ realm_access: 'roles' }, { 'realm_access.roles': 'admin' }, false],
    [{ realm_access: null }, { 'realm_access.roles': 'admin' }, false],
    [{ 'https://acme.example/role': 'admin' }, { 'https://acme.example/role': 'admin' }, true],
    // A claim named as a path prevails, whatever it says.
    [{ 'a.b': 'x', a: { b: 'y' } }, { 'a.b': 'y' }, false],
    // Own fields only.
    [{}, { 'constructor.name': 'Object' }, false],
    [{ a: {} }, { 'a.toString': 'x' }, false],
    [{ a: 'text' }, { 'a.length': 4 }, false],
    // Equal objects are no values.
    [{ role: { name: 'admin' } }, { role: '[object Object]' }, false],
  ])('of %j, given %j: %p', (claims, required, result) => {
    expect(has(claims, required)).toBe(result);
  });

  it('needs each value of its own type, for any claims', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (claims, value) => {
        const found = has(claims, { role: value });
        const role: unknown = Object.hasOwn(claims, 'role') ? claims['role'] : undefined;
        expect(found).toBe([role].flat().includes(value));
      }),
    );
  });
});

describe('describeClaims', () => {
  it('names claims and values', () => {
    expect(describeClaims([{ role: ['a', 'b'], level: 3 }, { ok: true }])).toBe(
      'role "a" or "b", level 3, ok true',
    );
  });
});
