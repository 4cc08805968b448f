import { describe, expect, it } from '@jest/globals';
import type { Client } from '../../../src/clients/client.js';
import { clientRevocation } from '../../../src/clients/client-revocation.js';
import type { Claims } from '../../../src/jwt/claims.js';
import { clientOf } from '../../support/client-values.js';
import { NEW_YEAR } from '../../support/moved-clock.js';

/** The reason why a token with these claims is revoked if these clients are registered, or `valid`. */
function clientState(claims: Partial<Claims>, clients: readonly Client[], everHadClients = true): string {
  const find = (id: string): Client | undefined => clients.find((client) => client.id === id);
  return (
    clientRevocation({ everHadClients, find }, { exp: NEW_YEAR + 900, iat: NEW_YEAR, ...claims }) ?? 'valid'
  );
}

const made = (milliseconds: number): Client => clientOf({ createdAt: NEW_YEAR * 1000 + milliseconds });

describe('clientRevocation', () => {
  it.each<[string, Partial<Claims>, readonly Client[], boolean]>([
    ['a token that names no client', {}, [clientOf()], true],
    ['a token that names no client, if none is left', {}, [], true],
    ['a token of a client', { client_id: 'worker' }, [clientOf()], true],
    ['a token of any client while none was ever registered', { client_id: 'worker' }, [], false],
    ['a token without a time', { client_id: 'worker', iat: undefined as never }, [made(9e12)], true],
    ['a token of the second in which its client was made', { client_id: 'worker' }, [made(999)], true],
    ['a token of the second after', { client_id: 'worker' }, [made(-1)], true],
  ])('finds nothing against %s', (_name, claims, clients, everHadClients) => {
    expect(clientState(claims, clients, everHadClients)).toBe('valid');
  });

  it.each<[string, Partial<Claims>, readonly Client[], RegExp]>([
    [
      'a client that is not registered',
      { client_id: 'worker' },
      [clientOf({ id: 'Worker' })],
      /is not registered/,
    ],
    ['a client, if none is left', { client_id: 'worker' }, [], /is not registered/],
    ['a client that is disabled', { client_id: 'worker' }, [clientOf({ disabled: true })], /is disabled/],
    [
      'a previous client with the same ID',
      { client_id: 'worker' },
      [made(1000)],
      /previous client with the same ID/,
    ],
    [
      'a fraction of a second too early',
      { client_id: 'worker', iat: NEW_YEAR - 0.5 },
      [made(0)],
      /previous client/,
    ],
    ['a client_id that is no string', { client_id: ['worker'] }, [clientOf()], /is not registered/],
    ['a client_id that is null', { client_id: null }, [clientOf()], /is not registered/],
    ['an empty client_id', { client_id: '' }, [clientOf()], /is not registered/],
  ])('says what to do about a token of %s', (_name, claims, clients, hint) => {
    expect(clientState(claims, clients)).toMatch(hint);
  });

  describe('whose id was that of a client before', () => {
    const MARK = '0123456789ab';
    const again = [clientOf({ tokenMark: MARK })];
    const marked = `00000000-0000-4000-8000-${MARK}`;
    const unmarked = '00000000-0000-4000-8000-ba9876543210';

    it.each([0, -1, -60, 59, 3_600])('is behind a token with its mark, issued %d s later', (seconds) => {
      const claims = { client_id: 'worker', jti: marked, iat: NEW_YEAR + seconds };
      expect(clientState(claims, again)).toBe('valid');
    });

    it.each([0, 0.5, -1, -60, 59, 60])('is not behind one without it, issued %d s later', (seconds) => {
      for (const jti of [unmarked, `${MARK}-`, 'x'])
        expect(clientState({ client_id: 'worker', jti, iat: NEW_YEAR + seconds }, again)).toMatch(/previous/);
      expect(clientState({ client_id: 'worker', iat: NEW_YEAR + seconds }, again)).toMatch(/previous/);
    });

    it('is not behind one without it and without a time', () => {
      expect(clientState({ client_id: 'worker', jti: unmarked, iat: undefined as never }, again)).toMatch(
        /previous/,
      );
    });

    it('is valid if another service issued it, when no clock can be that far ahead', () => {
      expect(clientState({ client_id: 'worker', jti: unmarked, iat: NEW_YEAR + 61 }, again)).toBe('valid');
    });
  });

  it('shows no name that the token brought', () => {
    expect(clientState({ client_id: 'marker' }, [])).not.toContain('marker');
  });
});
