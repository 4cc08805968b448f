import { describe, expect, it } from '@jest/globals';
import type { Client } from '../../../src/clients/client.js';
import { clientRevocation } from '../../../src/clients/client-revocation.js';
import type { Claims } from '../../../src/jwt/claims.js';
import { clientOf } from '../../support/client-values.js';
import { NEW_YEAR } from '../../support/moved-clock.js';

/** The reason why a token with these claims is revoked if these clients are registered, or `valid`. */
function clientState(claims: Partial<Claims>, clients: readonly Client[], hasEverHadClients = true): string {
  const find = (id: string): Client | undefined => clients.find((client) => client.id === id);
  return (
    clientRevocation({ hasEverHadClients, find }, { exp: NEW_YEAR + 900, iat: NEW_YEAR, ...claims }) ??
    'valid'
  );
}

const made = (milliseconds: number): Client => clientOf({ createdAt: NEW_YEAR * 1000 + milliseconds });

describe('clientRevocation', () => {
  it.each<[string, Partial<Claims>, readonly Client[], boolean]>([
    ['a token that names no client', {}, [clientOf()], true],
    ['a token that names no client, if no client is left', {}, [], true],
    ['a token of a client', { client_id: 'worker' }, [clientOf()], true],
    ['a token of any client, if none was ever registered', { client_id: 'worker' }, [], false],
    ['a token without iat', { client_id: 'worker', iat: undefined as never }, [made(9e12)], true],
    ['a token of the second in which its client was created', { client_id: 'worker' }, [made(999)], true],
    ['a token of the second after', { client_id: 'worker' }, [made(-1)], true],
  ])('accepts %s', (_name, claims, clients, hasEverHadClients) => {
    expect(clientState(claims, clients, hasEverHadClients)).toBe('valid');
  });

  it.each<[string, Partial<Claims>, readonly Client[], RegExp]>([
    ['of an unregistered client', { client_id: 'worker' }, [clientOf({ id: 'Worker' })], /is not registered/],
    ['of a client, if no client is left', { client_id: 'worker' }, [], /is not registered/],
    ['of a disabled client', { client_id: 'worker' }, [clientOf({ disabled: true })], /is disabled/],
    [
      'of a previous client with the same ID',
      { client_id: 'worker' },
      [made(1000)],
      /previous client with the same ID/,
    ],
    [
      'issued half a second before its client was created',
      { client_id: 'worker', iat: NEW_YEAR - 0.5 },
      [made(0)],
      /previous client/,
    ],
    ['whose client_id is not a string', { client_id: ['worker'] }, [clientOf()], /is not registered/],
    ['whose client_id is null', { client_id: null }, [clientOf()], /is not registered/],
    ['whose client_id is empty', { client_id: '' }, [clientOf()], /is not registered/],
  ])('returns a hint for a token %s', (_name, claims, clients, hint) => {
    expect(clientState(claims, clients)).toMatch(hint);
  });

  describe('if an earlier client had the same ID', () => {
    const MARK = '0123456789ab';
    const again = [clientOf({ tokenMark: MARK })];
    const marked = `00000000-0000-4000-8000-${MARK}`;
    const unmarked = '00000000-0000-4000-8000-ba9876543210';

    it.each([0, -1, -60, 59, 3_600])('accepts a token with the mark, issued %d s later', (seconds) => {
      const claims = { client_id: 'worker', jti: marked, iat: NEW_YEAR + seconds };
      expect(clientState(claims, again)).toBe('valid');
    });

    it.each([0, 0.5, -1, -60, 59, 60])('rejects a token without the mark, issued %d s later', (seconds) => {
      for (const jti of [unmarked, `${MARK}-`, 'x'])
        expect(clientState({ client_id: 'worker', jti, iat: NEW_YEAR + seconds }, again)).toMatch(/previous/);
      expect(clientState({ client_id: 'worker', iat: NEW_YEAR + seconds }, again)).toMatch(/previous/);
    });

    it('rejects a token without the mark and without iat', () => {
      expect(clientState({ client_id: 'worker', jti: unmarked, iat: undefined as never }, again)).toMatch(
        /previous/,
      );
    });

    it('accepts a token without the mark, issued 61 s later, beyond any clock skew', () => {
      expect(clientState({ client_id: 'worker', jti: unmarked, iat: NEW_YEAR + 61 }, again)).toBe('valid');
    });
  });

  it('does not repeat the client_id of the token', () => {
    expect(clientState({ client_id: 'marker' }, [])).not.toContain('marker');
  });
});
