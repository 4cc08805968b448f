import { describe, expect, it } from '@jest/globals';
import { actorOf, mayAct } from '../../../src/issuers/actor.js';
import { issuerOf } from '../../support/issuer-values.js';
import { NEW_YEAR } from '../../support/moved-clock.js';

const RULES = { issuer: 'https://id.example', maxDelegationDepth: 3 };

const actor = (act: unknown, impersonates = false): unknown =>
  actorOf(
    {
      entry: issuerOf({ issuer: 'https://corporate.example' }),
      use: 'jwt_bearer',
      claims: { exp: NEW_YEAR, act },
      subject: 'alice',
      mappedSubject: 'corporate:alice',
    },
    'portal',
    impersonates,
    RULES,
  );

describe('actorOf', () => {
  it('names the client, unless it impersonates a subject without earlier actors', () => {
    expect(actor(undefined)).toEqual({ sub: 'portal' });
    expect(actor(undefined, true)).toBeNull();
    expect(actor({ sub: 'gateway' }, true)).toEqual({
      sub: 'portal',
      act: { iss: 'https://corporate.example', sub: 'gateway' },
    });
  });

  it.each<[string, unknown]>([
    ['with our issuer', { sub: 'admin', iss: 'https://id.example' }],
    ['with another spelling of our issuer', { sub: 'admin', iss: 'HTTPS://ID.example:443/' }],
    ['with our issuer, further down', { sub: 'a', act: { sub: 'admin', iss: 'https://id.example' } }],
    ['with an issuer that is no text', { sub: 'a', iss: 1 }],
    ['without a subject', { iss: 'https://x.example' }],
    ['with an empty subject', { sub: '' }],
    ['with a subject of spaces', { sub: '  ' }],
    ['with a subject that is too long', { sub: 'a'.repeat(256) }],
    ['with a control character in its subject', { sub: 'ad\tmin' }],
    ['with an invisible character in its subject', { sub: 'ad\u200bmin' }],
    ['with an empty issuer', { sub: 'a', iss: '' }],
    ['with our issuer and a space after it', { sub: 'a', iss: 'https://id.example ' }],
    ['with our issuer and a space before it', { sub: 'a', iss: ' https://id.example' }],
    ['with our issuer and a line end', { sub: 'a', iss: 'https://id.example\n' }],
    ['with our issuer and an invisible character', { sub: 'a', iss: 'https://id\u2060.example' }],
    ['with an invisible issuer, further down', { sub: 'a', act: { sub: 'b', iss: '\u00a0' } }],
    ['that is null', null],
  ])('refuses a link %s', (_name, act) => {
    expect(actor(act)).toBe('act with visible names, and not with our iss');
  });

  it('refuses a chain that would have more links than allowed', () => {
    expect(actor({ sub: 'a', act: { sub: 'b' } })).toMatchObject({ sub: 'portal' });
    expect(actor({ sub: 'a', act: { sub: 'b', act: { sub: 'c' } } })).toBe('at most 3 links of act');
  });
});

describe('mayAct', () => {
  it.each<[string, unknown, boolean]>([
    ['nothing', undefined, true],
    ['the client', { sub: 'portal' }, true],
    ['the client of our issuer', { sub: 'portal', iss: 'https://id.example', client_id: 'portal' }, true],
    ['another client', { sub: 'other' }, false],
    ['a client of another issuer', { sub: 'portal', iss: 'https://x.example' }, false],
    ['more than is known here', { sub: 'portal', role: 'x' }, false],
    ['no subject', {}, false],
    ['null', null, false],
    ['an array', ['portal'], false],
  ])('a claim that names %s: %j is %s', (_name, claim, expected) => {
    expect(mayAct(claim, 'portal', RULES)).toBe(expected);
  });
});
