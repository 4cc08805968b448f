import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Settings } from '../../../src/config/settings.js';
import { makeClient, type TestClient } from '../../support/clients.js';
import { VALID_CLAIMS, handMadeToken, readToken } from '../../support/hand-made-token.js';
import { syncKeys } from '../../support/key-administration.js';
import { MovedClock } from '../../support/moved-clock.js';
import { RunningApp } from '../../support/running-app.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

const LIFETIME = 900;

type KeySettings = Pick<Settings, 'algorithms' | 'audienceAlgorithms'>;

interface Step extends KeySettings {
  readonly name: string;
  /** The algorithms that sign for `reporting`, for `billing`, and for both together. */
  readonly signs: readonly [string, string, string | undefined];
  /** The audiences for which a holder of the shared secret can forge tokens. */
  readonly forgeable: readonly string[];
}

/** As in docs/keys.md: the service restarts with each step, one token lifetime after the previous step. */
const STEPS: readonly Step[] = [
  {
    name: 'HS256',
    algorithms: ['HS256'],
    audienceAlgorithms: new Map(),
    signs: ['HS256', 'HS256', 'HS256'],
    forgeable: ['reporting', 'billing'],
  },
  {
    name: 'HS256|ES256',
    algorithms: ['HS256', 'ES256'],
    audienceAlgorithms: new Map(),
    signs: ['HS256', 'HS256', 'HS256'],
    forgeable: ['reporting', 'billing'],
  },
  {
    name: 'HS256|ES256 with reporting=ES256|HS256',
    algorithms: ['HS256', 'ES256'],
    audienceAlgorithms: new Map([['reporting', ['ES256', 'HS256']]]),
    signs: ['ES256', 'HS256', 'ES256'],
    forgeable: ['reporting', 'billing'],
  },
  {
    name: 'HS256|ES256 with reporting=ES256',
    algorithms: ['HS256', 'ES256'],
    audienceAlgorithms: new Map([['reporting', ['ES256']]]),
    signs: ['ES256', 'HS256', 'ES256'],
    forgeable: ['billing'],
  },
  {
    name: 'ES256|HS256',
    algorithms: ['ES256', 'HS256'],
    audienceAlgorithms: new Map([['reporting', ['ES256']]]),
    signs: ['ES256', 'ES256', 'ES256'],
    forgeable: ['billing'],
  },
  {
    name: 'ES256',
    algorithms: ['ES256'],
    audienceAlgorithms: new Map(),
    signs: ['ES256', 'ES256', 'ES256'],
    forgeable: [],
  },
];

const AUDIENCES = ['reporting', 'billing', ['reporting', 'billing']] as const;
const clock = new MovedClock();
let databaseUrl: string;
beforeAll(() => {
  databaseUrl = `sqlite:${join(temporaryDirectory(), 'identity.db')}`;
});
afterAll(removeTemporaryDirectories);

describe('a service that moves its audiences off the shared secret one by one', () => {
  let previous: { token: string; audience: string }[] = [];
  let client: TestClient | undefined;

  describe.each(STEPS)('with $name', ({ algorithms, audienceAlgorithms, signs, forgeable }) => {
    let service: RunningApp;
    beforeAll(async () => {
      service = await RunningApp.start({ databaseUrl, algorithms, audienceAlgorithms }, clock);
      client ??= await makeClient(service, 'reader', { scopes: ['identity:introspect'] });
      await syncKeys(service);
    });
    afterAll(() => service.stop());

    const introspect = async (token: string): Promise<unknown> => {
      const { authorization = '' } = client ?? {};
      return (await service.form('/oauth2/introspect', { token }, { authorization })).body['active'];
    };

    it('accepts every token of the previous step', async () => {
      for (const { token, audience } of previous) {
        expect((await service.verify(token, audience)).status).toBe(200);
        expect(await introspect(token)).toBe(true);
      }
    });

    it.each([0, 1, 2] as const)('signs for each audience as configured (%#)', async (at) => {
      const token = await service.issue({ aud: AUDIENCES[at] });
      expect(readToken(token).header['alg']).toBe(signs[at]);
      for (const audience of [AUDIENCES[at]].flat()) {
        expect((await service.verify(token, audience)).status).toBe(200);
      }
    });

    it.each(['reporting', 'billing'])(
      'accepts a token forged with the shared secret for %s only if the step allows it',
      async (aud) => {
        const iat = clock.now() / 1000;
        // Even with registered clients, a token needs no `client_id` to be valid; see the contract.
        const forged = handMadeToken({ claims: { ...VALID_CLAIMS, aud, iat, exp: iat + LIFETIME } });
        const { status, body } = await service.verify(forged, aud);
        const isValid = forgeable.includes(aud);
        expect([status, body['code']]).toEqual(isValid ? [200, undefined] : [401, 'invalid_signature']);
        expect(await introspect(forged)).toBe(isValid);
        // An audience that still accepts the secret does not help.
        const both = handMadeToken({
          claims: { ...VALID_CLAIMS, aud: ['reporting', 'billing'], iat, exp: iat + LIFETIME },
        });
        expect((await service.verify(both, 'billing')).status).toBe(forgeable.length === 2 ? 200 : 401);
      },
    );

    it('issues a token for each audience, for the next step', async () => {
      const issue = async (audience: string): Promise<{ token: string; audience: string }> => ({
        token: await service.issue({ aud: audience }),
        audience,
      });
      // Tokens signed before the lists became narrower have expired by then.
      clock.advance(LIFETIME);
      await syncKeys(service);
      previous = await Promise.all(['reporting', 'billing'].map(issue));
      expect(previous).toHaveLength(2);
    });
  });
});

describe('audiences without a common algorithm', () => {
  let service: RunningApp;
  beforeAll(async () => {
    service = await RunningApp.start({
      algorithms: ['HS256'],
      audienceAlgorithms: new Map([
        ['reporting', ['ES256']],
        ['billing', ['EdDSA', 'HS256']],
      ]),
    });
  });
  afterAll(() => service.stop());

  it.each([
    ['at /token', ['reporting', 'logging-service']],
    ['at /token if each has a list', ['billing', 'reporting']],
  ])('are rejected with 403 %s', async (_name, aud) => {
    const { status, body } = await service.post('/token', { sub: 'user-42', aud });
    expect({ status, code: body['code'] }).toEqual({ status: 403, code: 'invalid_target' });
  });

  it('are rejected with 400 at /oauth2/token', async () => {
    const { authorization } = await makeClient(service, 'worker', { audiences: ['reporting', 'billing'] });
    const form = { grant_type: 'client_credentials', audience: 'reporting billing' };
    const { status, body } = await service.form('/oauth2/token', form, { authorization });
    expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_target' });
  });

  it('get separate tokens, and those with a common algorithm one token', async () => {
    const algorithmFor = async (aud: unknown): Promise<unknown> =>
      readToken(await service.issue({ aud })).header['alg'];
    expect(await algorithmFor('reporting')).toBe('ES256');
    expect(await algorithmFor('billing')).toBe('EdDSA');
    expect(await algorithmFor(['billing', 'logging-service'])).toBe('HS256');
  });
});
