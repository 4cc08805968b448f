import { describe, expect, it } from '@jest/globals';
import { Doctor } from '../../../src/diagnostics/doctor.js';
import { secretFingerprint } from '../../../src/jwt/secret-fingerprint.js';
import { SECRET } from '../../support/settings.js';

interface Shown {
  readonly issuer?: string;
  readonly minutes?: number;
  readonly secret?: string | undefined;
}

/** What the doctor of a service says of a peer that shows this. */
function findings({ issuer = 'identity-backend', minutes, secret }: Shown): Promise<unknown> {
  const answer = (address: string): Response => {
    const nonce = new URL(address).searchParams.get('nonce') ?? '';
    return Response.json({
      JWT_ISSUER: issuer,
      JWT_EXPIRATION_MINUTES: minutes,
      JWT_SECRET_KEY:
        secret === undefined ? { set: false } : { set: true, fingerprint: secretFingerprint(secret, nonce) },
    });
  };
  const options = { issuer: 'identity-backend', secret: SECRET, lifetimeSeconds: 900 };
  const doctor = new Doctor(options, (address) => Promise.resolve(answer(address as string)));
  return doctor.checkPeer('http://127.0.0.1:4000');
}

describe('Doctor', () => {
  it('finds a peer that shares everything good', async () => {
    expect(await findings({ minutes: 15, secret: SECRET })).toEqual([
      { verdict: 'ok', about: 'The peer has the same shared secret' },
      { verdict: 'ok', about: 'The peer has the same JWT_ISSUER' },
      { verdict: 'ok', about: 'The peer has the same JWT_EXPIRATION_MINUTES' },
    ]);
  });

  it('says nothing of a lifetime that a receiving peer does not have', async () => {
    expect(JSON.stringify(await findings({ secret: SECRET }))).not.toContain('MINUTES');
  });

  it('tells what differs', async () => {
    expect(await findings({ issuer: 'other', minutes: 60, secret: `${SECRET}\n` })).toEqual([
      { verdict: 'wrong', about: 'The peer has another shared secret' },
      { verdict: 'wrong', about: 'The peer has another JWT_ISSUER' },
      { verdict: 'note', about: 'The peer has another JWT_EXPIRATION_MINUTES' },
    ]);
  });

  it('notes a peer without a shared secret', async () => {
    expect(await findings({ minutes: 15 })).toContainEqual({
      verdict: 'note',
      about: 'The peer has no shared secret to compare',
    });
  });
});
