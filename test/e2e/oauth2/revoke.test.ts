import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ClientRegistry } from '../../../src/clients/client-registry.js';
import { RevocableTokens } from '../../../src/oauth2/revocable-token.js';
import { ADMINISTRATOR, Administrator, makeClient, type TestClient } from '../../support/clients.js';
import { handMadeToken, readToken } from '../../support/hand-made-token.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { accessToken, introspect, refusalOf, refused, revoke } from '../../support/oauth-requests.js';
import { type Answer, RunningApp } from '../../support/running-app.js';

const LIFETIME = 900;
const TOLERANCE = 5;

let service: RunningApp;
let worker: TestClient;
let stranger: TestClient;
let consumer: TestClient;
let admin: TestClient;
beforeAll(async () => {
  service = await RunningApp.start({ mostAuthFailures: 0, clockToleranceSeconds: TOLERANCE });
  worker = await makeClient(service, 'worker', { audiences: ['logging-service'] });
  stranger = await makeClient(service, 'stranger', {
    audiences: ['logging-service'],
    may_act_for: ['worker'],
  });
  consumer = await makeClient(service, 'logging-service', { scopes: ['identity:introspect'] });
  admin = await makeClient(service, 'admin', ADMINISTRATOR);
});
beforeEach(() => service.clock.set(NEW_YEAR));
afterAll(() => service.stop());

/** What POST /verify says about the token: `valid`, or the code. */
async function tokenState(token: string): Promise<unknown> {
  const { body } = await service.verify(token, String(readToken(token).claims['aud']));
  return body['valid'] === true ? 'valid' : body['code'];
}

function isDone({ status, text, headers }: Answer): void {
  expect({ status, text }).toEqual({ status: 200, text: '' });
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('pragma')).toBe('no-cache');
}

describe('POST /oauth2/revoke', () => {
  it('revokes a token of the client itself: 200 with an empty body', async () => {
    const token = await accessToken(service, worker);
    expect(await tokenState(token)).toBe('valid');
    isDone(await revoke(service, worker, token));
    expect(await tokenState(token)).toBe('token_revoked');
    expect((await introspect(service, worker, token)).text).toBe('{"active":false}');
  });

  it.each(['access_token', 'refresh_token', 'anything'])('passes over the hint %s', async (hint) => {
    const token = await accessToken(service, worker);
    const { authorization } = worker;
    isDone(await service.form('/oauth2/revoke', { token, token_type_hint: hint }, { authorization }));
    expect(await tokenState(token)).toBe('token_revoked');
  });

  it('revokes a token that POST /token gave, also one about a user', async () => {
    const { authorization } = await makeClient(service, 'actor', {
      audiences: ['logging-service'],
      may_act_for: ['user-*'],
    });
    const token = await service.issue({ sub: 'user-42' }, { authorization });
    isDone(await service.form('/oauth2/revoke', { token }, { authorization }));
    expect(await tokenState(token)).toBe('token_revoked');
  });

  it('leaves the other tokens of the client valid', async () => {
    const [one, other] = [await accessToken(service, worker), await accessToken(service, worker)];
    isDone(await revoke(service, worker, one));
    expect([await tokenState(one), await tokenState(other)]).toEqual(['token_revoked', 'valid']);
  });

  it('is done twice with the same answer', async () => {
    const token = await accessToken(service, worker);
    isDone(await revoke(service, worker, token));
    isDone(await revoke(service, worker, token));
    isDone(await revoke(service, stranger, token));
  });

  it('is done once by many at the same time', async () => {
    const token = await accessToken(service, worker);
    const answers = await Promise.all(Array.from({ length: 20 }, () => revoke(service, worker, token)));
    answers.forEach(isDone);
    expect(await tokenState(token)).toBe('token_revoked');
  });

  it('lets an administrator revoke any token, its own included', async () => {
    const [token, own] = [
      await accessToken(service, worker),
      await accessToken(service, admin, { scope: 'identity:admin' }),
    ];
    isDone(await revoke(service, admin, token));
    expect(await tokenState(token)).toBe('token_revoked');
    const headers = { authorization: `Bearer ${own}` };
    expect((await service.get('/admin/clients', headers)).status).toBe(200);
    isDone(await revoke(service, admin, own));
    const { status, headers: challenge } = await service.get('/admin/clients', headers);
    expect(status).toBe(401);
    expect(challenge.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it('writes who revoked which token to the audit', async () => {
    const token = await accessToken(service, worker);
    service.captured.clear();
    await revoke(service, admin, token);
    const { jti } = readToken(token).claims;
    expect(service.captured.lines).toContainEqual(
      expect.objectContaining({ event: 'token.revoked', jti, client_id: 'worker', by: 'admin' }),
    );
    expect(service.captured.text).not.toContain(token);
  });
});

describe('the ID of a token that was made with the shared secret', () => {
  const loggedId = async (jti: string): Promise<unknown> => {
    service.captured.clear();
    isDone(await revoke(service, worker, handMadeToken({ claims: { jti, client_id: 'worker' } })));
    return service.captured.lines.find(({ event }) => event === 'token.revoked')?.['jti'];
  };

  it('is cut in the audit', async () => {
    expect(await loggedId('x'.repeat(4_000))).toBe('x'.repeat(255));
  });

  it('is taken out of the audit if it is a token', async () => {
    const token = handMadeToken();
    expect(await loggedId(token)).toBe('[removed]');
    expect(service.captured.text).not.toContain(token.slice(0, 200));
  });
});

describe('a live token of another client', () => {
  it.each<[string, () => TestClient]>([
    ['a client that may ask for the same', () => stranger],
    ['the client that it is for', () => consumer],
  ])('is unauthorized_client and stays live, asked by %s', async (_name, caller) => {
    const token = await accessToken(service, worker);
    const answer = await revoke(service, caller(), token);
    expect(refusalOf(answer)).toEqual(refused('unauthorized_client'));
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('pragma')).toBe('no-cache');
    expect(await tokenState(token)).toBe('valid');
    expect((await introspect(service, worker, token)).body['active']).toBe(true);
  });

  it('is not taken for its own if it names the client elsewhere', async () => {
    const claims = { sub: 'stranger', azp: 'stranger', client_id: 'worker' };
    const token = handMadeToken({ claims });
    expect(refusalOf(await revoke(service, stranger, token))).toEqual(refused('unauthorized_client'));
    expect(await tokenState(token)).toBe('valid');
  });
});

describe('a token that names no client', () => {
  it('is revoked by administrators only', async () => {
    const token = await service.issue();
    for (const client of [worker, consumer])
      expect(refusalOf(await revoke(service, client, token))).toEqual(refused('unauthorized_client'));
    expect(await tokenState(token)).toBe('valid');
    isDone(await revoke(service, admin, token));
    expect(await tokenState(token)).toBe('token_revoked');
  });

  it('is another token than one with the same jti that names a client', async () => {
    const [anonymous, workers, strangers] = [undefined, 'worker', 'stranger'].map((client_id) =>
      handMadeToken({ claims: { jti: 'shared-id', client_id } }),
    ) as [string, string, string];
    isDone(await revoke(service, worker, workers));
    expect(await Promise.all([anonymous, workers, strangers].map(tokenState))).toEqual([
      'valid',
      'token_revoked',
      'valid',
    ]);
    isDone(await revoke(service, admin, anonymous));
    expect(await Promise.all([anonymous, strangers].map(tokenState))).toEqual(['token_revoked', 'valid']);
  });

  it('is revoked with every other token that has its jti, from any issuer', async () => {
    const claims = { jti: 'made twice' };
    isDone(await revoke(service, admin, handMadeToken({ claims })));
    expect(await tokenState(handMadeToken({ claims: { ...claims, sub: 'someone else' } }))).toBe(
      'token_revoked',
    );
  });
});

describe('a token that cannot be revoked', () => {
  it('has no jti: its owner and an administrator get an error, and it stays valid', async () => {
    const token = handMadeToken({ claims: { jti: undefined, client_id: 'worker' } });
    for (const client of [worker, admin])
      expect(refusalOf(await revoke(service, client, token))).toEqual(refused('invalid_request'));
    expect(refusalOf(await revoke(service, stranger, token))).toEqual(refused('unauthorized_client'));
    expect(await tokenState(token)).toBe('valid');
  });

  const DAY_AND_MINUTE = 24 * 60 * 60 + 60;

  it.each([0.001, 1, 60, 1e6, 1e12])(
    'expires %d s beyond 24 hours and 60 seconds: unsupported_token_type, and it stays valid',
    async (beyond) => {
      const exp = NEW_YEAR + DAY_AND_MINUTE + beyond;
      const token = handMadeToken({ claims: { exp, jti: `beyond ${beyond}`, client_id: 'worker' } });
      for (const client of [worker, admin])
        expect(refusalOf(await revoke(service, client, token))).toEqual(refused('unsupported_token_type'));
      expect(refusalOf(await revoke(service, stranger, token))).toEqual(refused('unauthorized_client'));
      expect(await tokenState(token)).toBe('valid');
      expect((await introspect(service, worker, token)).body['active']).toBe(true);
    },
  );

  it.each([LIFETIME + 1, 3_600, 24 * 60 * 60, DAY_AND_MINUTE])(
    'does not expire %d s ahead, however short the lifetime is now',
    async (lifetime) => {
      const claims = { exp: NEW_YEAR + lifetime, jti: `lives ${lifetime}`, client_id: 'worker' };
      const token = handMadeToken({ claims });
      expect((await introspect(service, worker, token)).body['active']).toBe(true);
      isDone(await revoke(service, worker, token));
      service.clock.set(NEW_YEAR + lifetime - 1);
      await service.catchUp();
      expect(await tokenState(token)).toBe('token_revoked');
    },
  );
});

describe('a token that is not valid', () => {
  it.each<[string, () => string]>([
    ['unknown', () => 'x'],
    ['expired', () => handMadeToken({ claims: { exp: NEW_YEAR - TOLERANCE } })],
    ['by another secret', () => handMadeToken({ secret: 'another secret, as long as it has to be' })],
    ['without an audience', () => handMadeToken({ claims: { aud: undefined } })],
    ['with no audiences', () => handMadeToken({ claims: { aud: [] } })],
    ['with a signature cut short', () => handMadeToken().slice(0, -4)],
    ['expired a moment ago', () => handMadeToken({ claims: { exp: NEW_YEAR - TOLERANCE - 1 } })],
    ['of a client that is not registered', () => handMadeToken({ claims: { client_id: 'nobody' } })],
  ])('is 200 with an empty body, for any client: %s', async (_name, token) => {
    for (const client of [worker, stranger, admin]) isDone(await revoke(service, client, token()));
  });

  it.each(['iat', 'nbf'])('yet, as its %s is ahead, is revoked when it becomes valid', async (name) => {
    const token = handMadeToken({
      claims: { jti: `early ${name}`, client_id: 'worker', [name]: NEW_YEAR + 60 },
    });
    expect(await tokenState(token)).toBe('token_not_yet_valid');
    expect(refusalOf(await revoke(service, stranger, token))).toEqual(refused('unauthorized_client'));
    isDone(await revoke(service, worker, token));
    service.clock.advance(60);
    expect(await tokenState(token)).toBe('token_revoked');
  });

  it.each<[string, object]>([
    ['of another issuer', { iss: 'elsewhere' }],
    ['for the service itself, by the shared secret', { aud: 'identity-backend' }],
  ])('cannot be revoked by any other client under these settings: %s', async (name, claims) => {
    const token = handMadeToken({ claims: { ...claims, jti: name, client_id: 'worker' } });
    expect(refusalOf(await revoke(service, stranger, token))).toEqual(refused('unauthorized_client'));
    for (const client of [worker, admin]) isDone(await revoke(service, client, token));
    isDone(await revoke(service, stranger, token));
  });

  it('and is forged leaves the token with the same ID valid, for any client', async () => {
    const token = await accessToken(service, worker);
    const [header = '', claims = '', signature = ''] = token.split('.');
    const other = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    for (const client of [worker, admin])
      isDone(await revoke(service, client, [header, claims, other].join('.')));
    expect(await tokenState(token)).toBe('valid');
  });

  it('by an unknown secret revokes nothing of another client', async () => {
    const claims = { jti: 'of another', client_id: 'worker' };
    const secret = 'another secret, as long as it has to be';
    isDone(await revoke(service, stranger, handMadeToken({ claims, secret })));
    expect(await tokenState(handMadeToken({ claims }))).toBe('valid');
  });
});

describe('a revocation', () => {
  it('holds as long as the token would, tolerance included', async () => {
    const token = await accessToken(service, worker);
    isDone(await revoke(service, worker, token));
    service.clock.set(NEW_YEAR + LIFETIME + TOLERANCE - 0.001);
    expect(await tokenState(token)).toBe('token_revoked');
    service.clock.set(NEW_YEAR + LIFETIME + TOLERANCE);
    expect(await tokenState(token)).toBe('token_expired');
  });

  it('holds until the last revoked token with its ID has expired', async () => {
    const claims = { jti: 'same', client_id: 'worker' };
    const [short, long] = [60, 900].map((lifetime) =>
      handMadeToken({ claims: { ...claims, exp: NEW_YEAR + lifetime } }),
    ) as [string, string];
    for (const token of [short, long]) isDone(await revoke(service, worker, token));
    service.clock.advance(180);
    await service.catchUp();
    expect(await tokenState(long)).toBe('token_revoked');
  });

  it('of a token of a client that is disabled holds when the client is enabled again', async () => {
    const administrator = await Administrator.of(service, 'third-admin');
    const client = await makeClient(service, 'halted', { audiences: ['logging-service'] });
    const [token, other] = [await accessToken(service, client), await accessToken(service, client)];
    await administrator.update('halted', { disabled: true });
    expect(refusalOf(await revoke(service, stranger, other))).toEqual(refused('unauthorized_client'));
    isDone(await revoke(service, admin, token));
    await administrator.update('halted', { disabled: false });
    expect([await tokenState(token), await tokenState(other)]).toEqual(['token_revoked', 'valid']);
  });

  it('holds also when the client was disabled meanwhile', async () => {
    const administrator = await Administrator.of(service, 'second-admin');
    const client = await makeClient(service, 'paused', { audiences: ['logging-service'] });
    const token = await accessToken(service, client);
    isDone(await revoke(service, client, token));
    await administrator.update('paused', { disabled: true });
    await administrator.update('paused', { disabled: false });
    expect(await tokenState(token)).toBe('token_revoked');
  });
});

describe('tokens that no key verifies', () => {
  /** A client can write them itself, naming itself as their owner. */
  const forged = (jti: string): string =>
    handMadeToken({ claims: { client_id: 'forger', jti }, secret: 'a secret that is not known here' });

  it('are refused if they expire too far ahead, as the key may be known again', async () => {
    const claims = { client_id: 'worker', jti: 'far ahead', exp: NEW_YEAR + 86_400 + 61 };
    const token = handMadeToken({ claims, secret: 'a secret that is not known here' });
    for (const client of [worker, admin]) {
      expect(refusalOf(await revoke(service, client, token))).toEqual(refused('unsupported_token_type'));
    }
    isDone(await revoke(service, stranger, token));
  });

  it('are recorded for a client in a limited number, and refused beyond it', async () => {
    const forger = await makeClient(service, 'forger');
    const client = service.app.get(ClientRegistry, { strict: false }).find('forger');
    if (!client) throw new Error('There is no forger');
    const tokens = service.app.get(RevocableTokens, { strict: false });
    for (let i = 1; i < 10_000; i++) tokens.find(forged('the same'), client);
    isDone(await revoke(service, forger, forged('the last one')));
    const answer = await revoke(service, forger, forged('one too many'));
    expect(refusalOf(answer)).toEqual(refused('too_many_requests', 429));
    expect(answer.headers.get('retry-after')).toBe('3600');
    isDone(await revoke(service, admin, forged('of another client')));
    service.clock.advance(3_600);
    const claims = { client_id: 'forger', jti: 'an hour later', exp: NEW_YEAR + 7_200 };
    isDone(
      await revoke(service, forger, handMadeToken({ claims, secret: 'another that is not known here' })),
    );
  });
});
