import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  basicHeaders,
  bearerHeaders,
  json,
  type ReceivedResponse,
  request,
} from '../../support/http-request.js';
import { Monorepo, MONOREPO_APPS, type RunningMonorepoApp } from '../../support/monorepo.js';
import { pack } from '../../support/packed-package.js';

const SECRET = 'a-secret-of-the-monorepo-that-no-service-uses-0123456789';
const CALLER = { id: 'caller', secret: 'a-secret-of-the-caller-0123456789' };
const NAMES = Object.keys(MONOREPO_APPS);

/** A token that one of the applications issues. */
async function issue({ url }: RunningMonorepoApp, audience: string, scope = 'read'): Promise<string> {
  const asked = json({ sub: 'user-42', aud: audience, scope }, basicHeaders(CALLER));
  const { status, body, text } = await request(`${url}/identity/token`, asked);
  if (status !== 200) throw new Error(`No token: ${status} ${text}`);
  return String(body['token']);
}

const claims = (receiver: RunningMonorepoApp, token?: string): Promise<ReceivedResponse> =>
  request(`${receiver.url}/claims`, { headers: token === undefined ? {} : bearerHeaders(token) });

describe('the package in a Nest monorepo', () => {
  const apps: RunningMonorepoApp[] = [];
  let monorepo: Monorepo;

  beforeAll(() => {
    monorepo = new Monorepo();
    monorepo.write(pack(monorepo.folder).service.path);
  }, 600_000);

  it('installs without peer conflicts and without optional packages', () => {
    const options = ['--strict-peer-deps', '--omit=optional', '--no-audit', '--no-fund'];
    expect(monorepo.run('npm', 'install', ...options)).toMatchObject({ code: 0 });
  }, 600_000);

  it.each(NAMES)(
    'compiles in the application %s under strict options',
    (name) => {
      expect(monorepo.run('npx', 'nest', 'build', name)).toMatchObject({ code: 0 });
    },
    300_000,
  );

  it('is used by an application that compiles to CommonJS', () => {
    expect(monorepo.builtMain('legacy')).toMatch(/require\("@nestjs\/core"\)/);
  });

  it('issues and verifies tokens in each application', async () => {
    const environment = { SECRET, CALLER: `${CALLER.id}:${CALLER.secret}` };
    for (const name of NAMES) {
      // The first one issues the tokens for the calls of the others.
      const issuer = apps[0] && { ISSUER_URL: `${apps[0].url}/identity` };
      apps.push(await monorepo.start(name, { ...environment, ...issuer }));
    }
    for (const app of apps) {
      expect((await request(`${app.url}/ping`)).text).toBe('OK');
      const anonymous = await request(`${app.url}/identity/token`, json({ sub: 'a', aud: 'b' }));
      expect([app.name, anonymous.status]).toEqual([app.name, 403]);
      const token = await issue(app, 'orders');
      const verify = (aud: string): Promise<ReceivedResponse> =>
        request(`${app.url}/identity/verify`, json({ token, aud }));
      expect(await verify('orders')).toMatchObject({
        status: 200,
        body: { valid: true, claims: { sub: 'user-42' } },
      });
      expect(await verify('billing')).toMatchObject({ status: 401, body: { error: 'Invalid audience' } });
    }
  });

  it('guards each application: only tokens for it and with the scope pass, from any of the issuers', async () => {
    for (const receiver of apps) {
      for (const issuer of apps) {
        expect(await claims(receiver, await issue(issuer, receiver.name))).toMatchObject({
          status: 200,
          body: { aud: receiver.name },
        });
        expect(await claims(receiver, await issue(issuer, 'billing'))).toMatchObject({
          status: 401,
          body: { error: 'Invalid audience' },
        });
        expect(await claims(receiver, await issue(issuer, receiver.name, 'write'))).toMatchObject({
          status: 403,
          body: { code: 'insufficient_scope' },
        });
      }
      expect(await claims(receiver)).toMatchObject({
        status: 401,
        body: { error: 'Missing bearer token' },
        headers: { 'www-authenticate': `Bearer realm="${receiver.name}"` },
      });
    }
  });

  it('calls the first application from each of the others, with a token of the caller', async () => {
    const [accounts, ...callers] = apps;
    if (!accounts) throw new Error('No application runs');
    for (const caller of callers) {
      const headers = bearerHeaders(await issue(accounts, caller.name));
      const query = new URLSearchParams({ url: `${accounts.url}/claims`, audience: 'accounts' });
      expect(await request(`${caller.url}/call?${query.toString()}`, { headers })).toMatchObject({
        status: 200,
        body: { sub: caller.name, aud: 'accounts' },
      });
    }
    expect(callers).toHaveLength(NAMES.length - 1);
  });

  it('does not keep the applications from ending on SIGTERM', async () => {
    for (const { program } of apps) expect(await program.stop()).toBe('SIGTERM');
  });
});
