import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Administrator, basic, makeClient, type TestClient } from '../../support/clients.js';
import { administerIssuers, OutsideIssuer, trustIssuer } from '../../support/outside-issuer.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';
import { PREVIOUS_SECRET, SECRET } from '../../support/settings.js';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const ENCRYPTION_KEY = 'an encryption key of words that no one would guess';
const JSON_FIELDS = ['token', 'sub', 'aud', 'scope', 'expires_in', 'claims'] as const;
const CLIENT_FIELDS = [
  ...['client_id', 'name', 'audiences', 'default_audience', 'scopes', 'claims', 'grant_types'],
  ...['token_lifetime_seconds', 'may_act_for', 'jwks', 'disabled'],
  ...['federated_credentials', 'workload_grant', 'jwt_bearer', 'token_endpoint_auth_methods'],
] as const;
const ISSUER_FIELDS = [
  ...['id', 'issuer', 'keys', 'algorithms', 'audiences', 'uses', 'typ', 'max_lifetime_seconds', 'replay'],
  ...['subject', 'claims', 'scopes_claim', 'id_jag', 'disabled'],
] as const;
const FORM_FIELDS = [
  ...['grant_type', 'client_id', 'client_secret', 'scope', 'audience', 'resource', 'token'],
  ...['token_type_hint', 'client_assertion', 'client_assertion_type', 'assertion'],
] as const;

let service: RunningApp;
let admin: Administrator;
let client: TestClient;
/** Presents assertions of {@link issuer} about users. */
let gateway: TestClient;
const issuer = new OutsideIssuer('corporate');
const misplaced = new Map<string, string>();
/** Responses that must not repeat what was sent. */
const errors: string[] = [];

beforeAll(async () => {
  service = await RunningApp.start({
    previousSecrets: [PREVIOUS_SECRET],
    encryptionKey: ENCRYPTION_KEY,
    logLevel: 'trace',
    authFailureMax: 0,
  });
  admin = await Administrator.of(service);
  client = await makeClient(service, 'worker', { audiences: ['logging-service'], scopes: ['logs:read'] });
  await trustIssuer(service, admin, issuer.entry({ uses: ['client_authentication', 'jwt_bearer'] }));
  gateway = await makeClient(service, 'gateway', {
    audiences: ['logging-service'],
    grant_types: [JWT_BEARER],
    jwt_bearer: { issuers: ['corporate'] },
  });
  misplaced
    .set('the secret of a client', client.secret)
    .set('its credentials', client.authorization.slice('Basic '.length))
    .set('a token', await admin.token())
    // It begins as the ID of an issuer must.
    .set('a random key in hex', `a${Buffer.from(client.secret, 'base64url').toString('hex').slice(1)}`)
    .set('JWT_SECRET_KEY', SECRET)
    .set('JWT_SECRET_KEY_PREVIOUS', PREVIOUS_SECRET)
    .set('KEY_ENCRYPTION_KEY', ENCRYPTION_KEY);
});
beforeEach(() => {
  errors.splice(0);
  service.captured.clear();
});
afterAll(() => service.stop());

afterEach(async () => {
  service.clock.advance(1);
  const metrics = await service.get('/metrics', { 'x-request-id': 'last' });
  await service.get('/ping');
  expect(service.captured.text).toContain('"last"');
  for (const [name, secret] of misplaced) {
    for (const text of [service.captured.text, metrics.text, ...errors]) {
      const at = text.indexOf(secret);
      if (at !== -1) throw new Error(`${name} is shown: ${text.slice(Math.max(0, at - 200), at)}`);
    }
  }
});

function keepError({ status, text, headers }: ServiceResponse): void {
  if (status >= 400) errors.push(text, ...headers.values());
}

const SECRETS = [
  ...['the secret of a client', 'its credentials', 'a token', 'a random key in hex'],
  ...['JWT_SECRET_KEY', 'JWT_SECRET_KEY_PREVIOUS', 'KEY_ENCRYPTION_KEY'],
];

describe.each(SECRETS)('%s is in no log line, metric or error', (name) => {
  const secret = (): string => misplaced.get(name) ?? '';
  /** Alone, inside other text, and as one of several words. */
  const variants = (): string[] => [secret(), `x:${secret()}/x`, `my ${secret()}`];
  const authenticated = () => ({ authorization: client.authorization });

  it('when sent as X-Request-Id', async () => {
    for (const id of [secret(), `x.${secret()}`, `${secret()}.x`]) {
      keepError(await service.get('/no-such-route', { 'x-request-id': id }));
      await service.post('/token', { sub: 'a', aud: 'b' }, { 'x-request-id': id });
    }
  });

  it.each(JSON_FIELDS)('when sent as %s to a JSON route', async (field) => {
    for (const value of [...variants(), [secret(), 'x'], { [secret()]: secret() }]) {
      for (const path of ['/token', '/verify']) {
        const body = { sub: 'worker', aud: 'logging-service', token: 'a.b.c' };
        keepError(await service.post(path, { ...body, [field]: value }));
        keepError(await service.post(path, { ...body, [field]: value }, authenticated()));
        keepError(await service.post(path, { ...body, aud: 'identity-backend', [field]: value }));
        keepError(await service.post(path, { ...body, expires_in: 1e9, [field]: value }));
      }
    }
  });

  it.each(FORM_FIELDS)('when sent as %s in a form', async (field) => {
    for (const value of variants()) {
      for (const path of ['/oauth2/token', '/oauth2/introspect', '/oauth2/revoke']) {
        for (const grant_type of ['client_credentials', JWT_BEARER]) {
          const body = { grant_type, [field]: value };
          keepError(await service.form(path, body));
          keepError(await service.form(path, body, authenticated()));
        }
      }
    }
  });

  it.each(CLIENT_FIELDS)('when sent as %s of a client', async (field) => {
    const id = `made-${name.length}-${field.replaceAll('_', '-')}`;
    for (const value of [
      ...[secret(), [secret()], { keys: [{ kty: secret() }] }, { issuers: [secret()] }],
      [{ issuer: secret(), subject: secret(), claims: { [`/${secret()}`]: secret() } }],
    ]) {
      keepError(await admin.create({ client_id: id, [field]: value }));
      keepError(
        await admin.update('worker', field === 'disabled' ? { disabled: secret() } : { [field]: value }),
      );
      keepError(await admin.remove(id));
    }
    await admin.update('worker', { audiences: ['logging-service'], scopes: ['logs:read'] });
  });

  it.each(ISSUER_FIELDS)('when sent as %s of a trusted issuer', async (field) => {
    const made = issuer.entry({ id: 'made', issuer: 'https://made.example' });
    for (const value of [
      ...[secret(), [secret()], { jwks: { keys: [{ kid: secret() }] } }, { [secret()]: secret() }],
      ...[{ jwks_uri: `https://issuer:${secret()}@issuer.example` }, { [`/${secret()}`]: 'tenant' }],
    ]) {
      keepError(await administerIssuers(service, admin, 'POST', '', { ...made, [field]: value }));
      keepError(await administerIssuers(service, admin, 'PATCH', '/made', { [field]: value }));
      keepError(await administerIssuers(service, admin, 'DELETE', '/made'));
    }
  });

  it.each(['iss', 'sub', 'aud', 'jti', 'scope', 'act', 'may_act'])(
    'when sent as %s by a trusted issuer',
    async (claim) => {
      const now = service.clock.now() / 1000;
      for (const value of [secret(), [secret()], { sub: secret() }]) {
        const token = issuer.token({ iat: now, exp: now + 300, [claim]: value });
        const assertion = { grant_type: JWT_BEARER, assertion: token };
        keepError(await service.form('/oauth2/token', assertion));
        const { authorization } = gateway;
        keepError(await service.form('/oauth2/token', assertion, { authorization }));
        for (const use of ['client_authentication', 'jwt_bearer'])
          keepError(await administerIssuers(service, admin, 'POST', '/test', { token, use }));
      }
    },
  );

  it('when sent in a path, a query or the Authorization header', async () => {
    const text = encodeURIComponent(secret());
    for (const path of [
      ...[`/${text}`, `/token/${text}`, `/admin/clients/${text}`, `/docs/${text}`, `/ping?x=${text}`],
      ...[`/verify?token=${text}`, `/debug-env?nonce=${text}`, `/admin/keys?limit=${text}`],
    ]) {
      keepError(await service.get(path));
      keepError(await service.request(path, { method: 'DELETE' }));
    }
    for (const authorization of [
      secret(),
      `Bearer ${secret()}`,
      basic(secret(), 'x'),
      basic('worker', secret()),
    ]) {
      keepError(await service.post('/token', { sub: 'a', aud: 'b' }, { authorization }));
      keepError(await service.form('/oauth2/token', { grant_type: 'x' }, { authorization }));
    }
    keepError(await admin.show(text));
    keepError(await admin.endSecret('worker', text));
    keepError(await admin.list(`?after=${text}`));
  });
});

it('a passphrase is not logged with the rejected request of an anonymous caller', async () => {
  const passphrase = 'my own passphrase';
  await service.post('/token', { sub: passphrase, aud: ['identity-backend', passphrase] });
  await service.get('/ping');
  expect(service.captured.text).toContain('token.refused');
  expect(service.captured.text).not.toContain(passphrase);
});

it('ordinary subjects and audiences are logged', async () => {
  await service.post('/token', { sub: 'user-42@example.com', aud: 'https://api.example.com/v1' });
  await service.post('/token', { sub: 'user-43', aud: ['identity-backend', 'logging-service'] });
  await service.get('/ping');
  for (const shown of ['"user-42@example.com"', '"https://api.example.com/v1"', '"user-43"'])
    expect(service.captured.text).toContain(shown);
});
