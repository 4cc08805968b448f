import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ClientRegistry } from '../../../src/clients/client-registry.js';
import { RevocableTokens } from '../../../src/oauth2/revocable-token.js';
import { ADMINISTRATOR, Administrator, makeClient, type TestClient } from '../../support/clients.js';
import { handMadeToken, readToken } from '../../support/hand-made-token.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { accessToken, introspect, refusalOf, refused, revoke } from '../../support/oauth-requests.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

const LIFETIME = 900;
const TOLERANCE = 5;

let service: RunningApp;
let worker: TestClient;
let stranger: TestClient;
let consumer: TestClient;
let admin: TestClient;
beforeAll(async () => {
  service = await RunningApp.start({ authFailureMax: 0, clockToleranceSeconds: TOLERANCE });
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

/** The verdict of POST /verify: `valid`, or the error code. */
async function tokenState(token: string): Promise<unknown> {
  const { body } = await service.verify(token, String(readToken(token).claims['aud']));
  return body['valid'] === true ? 'valid' : body['code'];
}

function isDone({ status, text, headers }: ServiceResponse): void {
  expect({ status, text }).toEqual({ status: 200, text: '' });
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('pragma')).toBe('no-cache');
}

describe('POST /oauth2/revoke', () => {
  it("revokes the client's own token: 200 with an empty body", async () => {
    const token = await accessToken(service, worker);
    expect(await tokenState(token)).toBe('valid');
    isDone(await revoke(service, worker, token));
    expect(await tokenState(token)).toBe('token_revoked');
    expect((await introspect(service, worker, token)).text).toBe('{"active":false}');
  });

  it.each(['access_token', 'refresh_token', 'anything'])('ignores the token_type_hint %s', async (hint) => {
    const token = await accessToken(service, worker);
    const { authorization } = worker;
    isDone(await service.form('/oauth2/revoke', { token, token_type_hint: hint }, { authorization }));
    expect(await tokenState(token)).toBe('token_revoked');
  });

  it('revokes a token about a user that POST /token issued', async () => {
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

  it('returns 200 for a token that is already revoked, also to another client', async () => {
    const token = await accessToken(service, worker);
    isDone(await revoke(service, worker, token));
    isDone(await revoke(service, worker, token));
    isDone(await revoke(service, stranger, token));
  });

  it('accepts 20 simultaneous revocations of one token', async () => {
    const token = await accessToken(service, worker);
    const responses = await Promise.all(Array.from({ length: 20 }, () => revoke(service, worker, token)));
    responses.forEach(isDone);
    expect(await tokenState(token)).toBe('token_revoked');
  });

  it('allows an administrator to revoke any token, its own included', async () => {
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

  it('logs jti, client and caller of the revocation, but not the token', async () => {
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

describe('the jti of a token that was made with the shared secret', () => {
  const loggedId = async (jti: string): Promise<unknown> => {
    service.captured.clear();
    isDone(await revoke(service, worker, handMadeToken({ claims: { jti, client_id: 'worker' } })));
    return service.captured.lines.find(({ event }) => event === 'token.revoked')?.['jti'];
  };

  it('is truncated to 255 characters in the log', async () => {
    expect(await loggedId('x'.repeat(4_000))).toBe('x'.repeat(255));
  });

  it('is redacted in the log if it is itself a token', async () => {
    const token = handMadeToken();
    expect(await loggedId(token)).toBe('[removed]');
    expect(service.captured.text).not.toContain(token.slice(0, 200));
  });
});

describe('a valid token of another client', () => {
  it.each<[string, () => TestClient]>([
    ['a client that may request the same token', () => stranger],
    ['the client in its audience', () => consumer],
  ])('stays valid, and %s gets unauthorized_client', async (_name, caller) => {
    const token = await accessToken(service, worker);
    const response = await revoke(service, caller(), token);
    expect(refusalOf(response)).toEqual(refused('unauthorized_client'));
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('pragma')).toBe('no-cache');
    expect(await tokenState(token)).toBe('valid');
    expect((await introspect(service, worker, token)).body['active']).toBe(true);
  });

  it('does not belong to the client in its sub and azp', async () => {
    const claims = { sub: 'stranger', azp: 'stranger', client_id: 'worker' };
    const token = handMadeToken({ claims });
    expect(refusalOf(await revoke(service, stranger, token))).toEqual(refused('unauthorized_client'));
    expect(await tokenState(token)).toBe('valid');
  });
});

describe('a token without client_id', () => {
  it('can be revoked by administrators only', async () => {
    const token = await service.issue();
    for (const client of [worker, consumer])
      expect(refusalOf(await revoke(service, client, token))).toEqual(refused('unauthorized_client'));
    expect(await tokenState(token)).toBe('valid');
    isDone(await revoke(service, admin, token));
    expect(await tokenState(token)).toBe('token_revoked');
  });

  it('is distinct from tokens with the same jti and a client_id', async () => {
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

  it('is revoked together with another token that has the same jti', async () => {
    const claims = { jti: 'made twice' };
    isDone(await revoke(service, admin, handMadeToken({ claims })));
    expect(await tokenState(handMadeToken({ claims: { ...claims, sub: 'someone else' } }))).toBe(
      'token_revoked',
    );
  });
});

describe('the limits of revocation', () => {
  it('exclude a token without jti: invalid_request, and it stays valid', async () => {
    const token = handMadeToken({ claims: { jti: undefined, client_id: 'worker' } });
    for (const client of [worker, admin])
      expect(refusalOf(await revoke(service, client, token))).toEqual(refused('invalid_request'));
    expect(refusalOf(await revoke(service, stranger, token))).toEqual(refused('unauthorized_client'));
    expect(await tokenState(token)).toBe('valid');
  });

  const DAY_AND_MINUTE = 24 * 60 * 60 + 60;

  it.each([0.001, 1, 60, 1e6, 1e12])(
    'exclude a token that expires %d s past 24 hours and 60 seconds: unsupported_token_type',
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
    'include a token that expires in %d s, whatever the configured lifetime',
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
    ['not a JWT', () => 'x'],
    ['expired', () => handMadeToken({ claims: { exp: NEW_YEAR - TOLERANCE } })],
    [
      'signed with another secret',
      () => handMadeToken({ secret: 'another secret, as long as it has to be' }),
    ],
    ['without an audience', () => handMadeToken({ claims: { aud: undefined } })],
    ['with an empty list of audiences', () => handMadeToken({ claims: { aud: [] } })],
    ['with a truncated signature', () => handMadeToken().slice(0, -4)],
    ['expired a moment ago', () => handMadeToken({ claims: { exp: NEW_YEAR - TOLERANCE - 1 } })],
    ['of an unregistered client', () => handMadeToken({ claims: { client_id: 'nobody' } })],
  ])('results in 200 with an empty body for any client: %s', async (_name, token) => {
    for (const client of [worker, stranger, admin]) isDone(await revoke(service, client, token()));
  });

  it.each(['iat', 'nbf'])('because its %s is in the future can already be revoked', async (name) => {
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
  ])('can be revoked only by its client and an administrator: %s', async (name, claims) => {
    const token = handMadeToken({ claims: { ...claims, jti: name, client_id: 'worker' } });
    expect(refusalOf(await revoke(service, stranger, token))).toEqual(refused('unauthorized_client'));
    for (const client of [worker, admin]) isDone(await revoke(service, client, token));
    isDone(await revoke(service, stranger, token));
  });

  it('because its signature is forged leaves the token with the same jti valid', async () => {
    const token = await accessToken(service, worker);
    const [header = '', claims = '', signature = ''] = token.split('.');
    const other = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    for (const client of [worker, admin])
      isDone(await revoke(service, client, [header, claims, other].join('.')));
    expect(await tokenState(token)).toBe('valid');
  });

  it("because its secret is unknown does not revoke another client's token", async () => {
    const claims = { jti: 'of another', client_id: 'worker' };
    const secret = 'another secret, as long as it has to be';
    isDone(await revoke(service, stranger, handMadeToken({ claims, secret })));
    expect(await tokenState(handMadeToken({ claims }))).toBe('valid');
  });
});

describe('a revocation', () => {
  it('lasts until the token expires, clock tolerance included', async () => {
    const token = await accessToken(service, worker);
    isDone(await revoke(service, worker, token));
    service.clock.set(NEW_YEAR + LIFETIME + TOLERANCE - 0.001);
    expect(await tokenState(token)).toBe('token_revoked');
    service.clock.set(NEW_YEAR + LIFETIME + TOLERANCE);
    expect(await tokenState(token)).toBe('token_expired');
  });

  it('lasts until the last revoked token with the same jti expires', async () => {
    const claims = { jti: 'same', client_id: 'worker' };
    const [short, long] = [60, 900].map((lifetime) =>
      handMadeToken({ claims: { ...claims, exp: NEW_YEAR + lifetime } }),
    ) as [string, string];
    for (const token of [short, long]) isDone(await revoke(service, worker, token));
    service.clock.advance(180);
    await service.catchUp();
    expect(await tokenState(long)).toBe('token_revoked');
  });

  it("of a disabled client's token lasts after the client is enabled again", async () => {
    const administrator = await Administrator.of(service, 'third-admin');
    const client = await makeClient(service, 'halted', { audiences: ['logging-service'] });
    const [token, other] = [await accessToken(service, client), await accessToken(service, client)];
    await administrator.update('halted', { disabled: true });
    expect(refusalOf(await revoke(service, stranger, other))).toEqual(refused('unauthorized_client'));
    isDone(await revoke(service, admin, token));
    await administrator.update('halted', { disabled: false });
    expect([await tokenState(token), await tokenState(other)]).toEqual(['token_revoked', 'valid']);
  });

  it('lasts after the client is disabled and enabled again', async () => {
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
  /** A client can make these itself, with its own ID as `client_id`. */
  const forged = (jti: string): string =>
    handMadeToken({ claims: { client_id: 'forger', jti }, secret: 'a secret that is not known here' });

  it('get unsupported_token_type if they expire too far ahead, as their key may be restored', async () => {
    const claims = { client_id: 'worker', jti: 'far ahead', exp: NEW_YEAR + 86_400 + 61 };
    const token = handMadeToken({ claims, secret: 'a secret that is not known here' });
    for (const client of [worker, admin]) {
      expect(refusalOf(await revoke(service, client, token))).toEqual(refused('unsupported_token_type'));
    }
    isDone(await revoke(service, stranger, token));
  });

  it('are recorded up to 10,000 an hour for one client; the next gets 429', async () => {
    const forger = await makeClient(service, 'forger');
    const client = service.app.get(ClientRegistry, { strict: false }).find('forger');
    if (!client) throw new Error('There is no forger');
    const tokens = service.app.get(RevocableTokens, { strict: false });
    for (let i = 1; i < 10_000; i++) tokens.find(forged('the same'), client);
    isDone(await revoke(service, forger, forged('the last one')));
    const response = await revoke(service, forger, forged('one too many'));
    expect(refusalOf(response)).toEqual(refused('too_many_requests', 429));
    expect(response.headers.get('retry-after')).toBe('3600');
    isDone(await revoke(service, admin, forged('of another client')));
    service.clock.advance(3_600);
    const claims = { client_id: 'forger', jti: 'an hour later', exp: NEW_YEAR + 7_200 };
    isDone(
      await revoke(service, forger, handMadeToken({ claims, secret: 'another that is not known here' })),
    );
  });
});
