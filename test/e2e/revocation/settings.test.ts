import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import type { Settings } from '../../../src/config/settings.js';
import { ADMINISTRATOR, makeClient, type TestClient } from '../../support/clients.js';
import { readToken } from '../../support/hand-made-token.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { accessToken, introspect, revoke } from '../../support/oauth-requests.js';
import { RunningApp } from '../../support/running-app.js';
import { PREVIOUS_SECRET, SECRET } from '../../support/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

const HOUR = 3_600;
const NEW_SECRET = 'the-new-secret-of-the-tests-that-is-long-enough-for-HS512-1928374650';

let service: RunningApp | undefined;
afterEach(async () => {
  await service?.stop();
  service = undefined;
});
afterAll(removeTemporaryDirectories);

/** A service that is restarted on one database. */
class Restarted {
  private readonly databaseUrl = `sqlite:${temporaryDirectory()}/identity.db`;

  async start(changes: Partial<Settings> = {}, seconds = 0): Promise<RunningApp> {
    await service?.stop();
    service = await RunningApp.start({ databaseUrl: this.databaseUrl, authFailureMax: 0, ...changes });
    service.clock.set(NEW_YEAR + seconds);
    await service.catchUp();
    return service;
  }
}

async function codeOf(at: RunningApp, token: string): Promise<unknown> {
  const { body } = await at.verify(token, String(readToken(token).claims['aud']));
  return body['valid'] === true ? 'valid' : body['code'];
}

/** The settings for issuing, those for revoking, how many seconds later that is, and those afterwards. */
type Case = readonly [name: string, Partial<Settings>, Partial<Settings>, number, Partial<Settings>];

const CASES: readonly Case[] = [
  [
    'a shorter lifetime',
    { lifetimeSeconds: HOUR },
    { lifetimeSeconds: 60 },
    1_800,
    { lifetimeSeconds: HOUR },
  ],
  [
    'a lifetime that stays short',
    { lifetimeSeconds: HOUR },
    { lifetimeSeconds: 60 },
    0,
    { lifetimeSeconds: 60 },
  ],
  ['a raised tolerance', {}, {}, 899, { clockToleranceSeconds: 60 }],
  ['a tolerance raised after the token expired', {}, {}, 930, { clockToleranceSeconds: 60 }],
  ['a tolerance removed for a while', { clockToleranceSeconds: 60 }, {}, 900, { clockToleranceSeconds: 60 }],
  ['another issuer for a while', {}, { issuer: 'elsewhere' }, 0, {}],
  ['another algorithm for a while', {}, { algorithms: ['HS512'] }, 0, {}],
  [
    'an asymmetric algorithm for a while',
    {},
    { algorithms: ['ES256'] },
    0,
    { algorithms: ['ES256', 'HS256'] },
  ],
  [
    'no asymmetric algorithm for a while',
    { algorithms: ['ES256'] },
    {},
    0,
    { algorithms: ['HS256', 'ES256'] },
  ],
  [
    'a replaced secret',
    {},
    { secret: NEW_SECRET, previousSecrets: [SECRET] },
    0,
    { secret: NEW_SECRET, previousSecrets: [SECRET] },
  ],
  [
    'a secret missing for a while',
    {},
    { secret: PREVIOUS_SECRET },
    0,
    { secret: PREVIOUS_SECRET, previousSecrets: [SECRET] },
  ],
  [
    'another algorithm for its audience for a while',
    {},
    { audienceAlgorithms: new Map([['logging-service', ['HS512']]]) },
    0,
    {},
  ],
];

describe('a token whose revocation returned 200', () => {
  it.each(CASES)('stays revoked with %s', async (_name, issuing, revoking, seconds, verifying) => {
    const restarted = new Restarted();
    const first = await restarted.start(issuing);
    const worker = await makeClient(first, 'worker', { audiences: ['logging-service'] });
    const admin = await makeClient(first, 'admin', ADMINISTRATOR);
    const [kept, ...tokens] = await Promise.all([1, 2, 3].map(() => accessToken(first, worker)));
    const second = await restarted.start(revoking, seconds);
    for (const [client, token] of [
      [worker, tokens[0]],
      [admin, tokens[1]],
    ] as [TestClient, string][])
      expect((await revoke(second, client, token)).status).toBe(200);
    const third = await restarted.start(verifying, seconds);
    expect(await codeOf(third, kept ?? '')).toBe('valid');
    for (const token of tokens) {
      expect(await codeOf(third, token)).toBe('token_revoked');
      expect((await introspect(third, admin, token)).text).toBe('{"active":false}');
    }
  });

  it('stays revoked until it expires under the largest tolerance', async () => {
    const restarted = new Restarted();
    const first = await restarted.start();
    const worker = await makeClient(first, 'worker', { audiences: ['logging-service'] });
    const token = await accessToken(first, worker);
    expect((await revoke(first, worker, token)).status).toBe(200);
    for (const late of [0, 30, 59, 59.999]) {
      const later = await restarted.start({ clockToleranceSeconds: 60 }, 900 + late);
      expect([late, await codeOf(later, token)]).toEqual([late, 'token_revoked']);
    }
    expect(await codeOf(await restarted.start({ clockToleranceSeconds: 60 }, 960), token)).toBe(
      'token_expired',
    );
  });
});
