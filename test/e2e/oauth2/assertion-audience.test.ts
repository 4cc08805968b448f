import { afterEach, describe, expect, it } from '@jest/globals';
import type { Settings } from '../../../src/config/settings.js';
import { assertionParameters, makeAssertion, makeClientKey } from '../../support/client-assertion.js';
import { makeClient } from '../../support/clients.js';
import { NEW_YEAR } from '../../support/moved-clock.js';
import { RunningApp } from '../../support/running-app.js';

const ROUTES = ['/oauth2/token', '/oauth2/introspect', '/oauth2/revoke'] as const;
const METRIC = /^identity_endpoint_audience_assertions_total (\d+)$/m;

const key = makeClientKey('EdDSA');
let service: RunningApp;
afterEach(() => service.stop());

async function start(settings: Partial<Settings>): Promise<void> {
  service = await RunningApp.start({ authFailureMax: 0, ...settings });
  await makeClient(service, 'worker', { audiences: ['logging-service'], jwks: { keys: [key.jwk] } });
}

/** The status of each route for an assertion with this audience. */
async function statuses(aud: unknown): Promise<number[]> {
  const found: number[] = [];
  for (const path of ROUTES) {
    const assertion = makeAssertion(key, 'worker', { claims: { aud } });
    const form = { grant_type: 'client_credentials', token: 'x', ...assertionParameters(assertion) };
    found.push((await service.form(path, form)).status);
  }
  return found;
}

const ACCEPTED = [200, 200, 200];
const REFUSED = [401, 401, 401];

describe('the audience of an assertion', () => {
  it.each([
    ['https://id.example.com', ''],
    ['https://id.example.com/', ''],
    ['https://id.example.com:8443/', ''],
    ['https://id.example.com/base', '/base'],
    ['https://id.example.com/base/', '/base'],
  ])('is the issuer %s or the published token endpoint, exactly', async (issuer, basePath) => {
    await start({ issuer, basePath });
    const { body } = await service.get('/.well-known/openid-configuration');
    const endpoint = String(body['token_endpoint']);
    expect(endpoint).toBe(`${issuer.replace(/\/$/, '')}/oauth2/token`);
    for (const aud of [issuer, endpoint, [endpoint]])
      expect([aud, await statuses(aud)]).toEqual([aud, ACCEPTED]);
    const bare = issuer.replace(/\/$/, '');
    const others = [
      ...[`${bare}//oauth2/token`, `${endpoint}/`, `${endpoint}?`, endpoint.replace('https', 'http')],
      ...[endpoint.replace('id.', 'ID.'), endpoint.replace('/oauth2/token', '/oauth2/%74oken')],
      ...[issuer.endsWith('/') ? bare : `${bare}/`, [issuer, endpoint], [], [endpoint, endpoint]],
      ...[`${bare}/oauth2/introspect`, `${bare}/oauth2/revoke`, `${bare}/oauth2/authorize`, null, {}],
    ];
    for (const aud of others) expect([aud, await statuses(aud)]).toEqual([aud, REFUSED]);
  });

  it('is the issuer or the token endpoint under PUBLIC_URL, not the one under the issuer', async () => {
    await start({ issuer: 'https://id.example.com', publicUrl: 'https://api.example.com/id' });
    expect(await statuses('https://api.example.com/id/oauth2/token')).toEqual(ACCEPTED);
    expect(await statuses('https://id.example.com')).toEqual(ACCEPTED);
    expect(await statuses('https://id.example.com/oauth2/token')).toEqual(REFUSED);
    expect(await statuses('https://api.example.com/id')).toEqual(REFUSED);
  });

  it('is only the issuer if no setting has the URL of the service', async () => {
    await start({});
    expect(await statuses('identity-backend')).toEqual(ACCEPTED);
    expect(await statuses('identity-backend/oauth2/token')).toEqual(REFUSED);
    expect(await statuses(`${service.origin}/oauth2/token`)).toEqual(REFUSED);
  });

  it('is only the issuer with CLIENT_ASSERTION_AUDIENCE=issuer', async () => {
    await start({ issuer: 'https://id.example.com', clientAssertionAudience: 'issuer' });
    expect(await statuses('https://id.example.com')).toEqual(ACCEPTED);
    expect(await statuses('https://id.example.com/oauth2/token')).toEqual(REFUSED);
  });
});

describe('the token endpoint as an audience', () => {
  const issuer = 'https://id.example.com';
  const endpoint = `${issuer}/oauth2/token`;
  const named = (): unknown[] =>
    service.captured.lines
      .filter(({ msg }) => msg?.includes('as its audience'))
      .map(({ client_id }) => client_id);
  const counted = async (): Promise<number> => Number(METRIC.exec((await service.get('/metrics')).text)?.[1]);

  it('is counted, and logged once an hour with the client; the issuer is neither', async () => {
    await start({ issuer });
    await statuses(issuer);
    expect([named(), await counted()]).toEqual([[], 0]);
    await statuses(endpoint);
    await statuses(endpoint);
    // The metrics are computed once a second.
    service.clock.advance(1);
    expect([named(), await counted()]).toEqual([['worker'], 2 * ROUTES.length]);
    service.clock.set(NEW_YEAR + 3_600);
    await service.catchUp();
    const later = makeAssertion(key, 'worker', {
      claims: { aud: endpoint, iat: NEW_YEAR + 3_600, exp: NEW_YEAR + 3_660 },
    });
    const { status } = await service.form('/oauth2/introspect', {
      token: 'x',
      ...assertionParameters(later),
    });
    expect([status, named()]).toEqual([200, ['worker', 'worker']]);
    expect(await counted()).toBe(2 * ROUTES.length + 1);
  });

  it('is neither counted nor logged for a client that is not authenticated', async () => {
    await start({ issuer });
    for (const [signer, id] of [
      [makeClientKey('EdDSA'), 'worker'],
      [key, 'stranger'],
    ] as const) {
      const assertion = makeAssertion(signer, id, { claims: { aud: endpoint } });
      await service.form('/oauth2/introspect', { token: 'x', ...assertionParameters(assertion) });
    }
    expect([named(), await counted()]).toEqual([[], 0]);
  });
});
