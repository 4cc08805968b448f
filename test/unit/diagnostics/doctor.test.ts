import { describe, expect, it } from '@jest/globals';
import type { Client } from '../../../src/clients/client.js';
import { Doctor, type DoctorOptions, type Finding } from '../../../src/diagnostics/doctor.js';
import { secretFingerprint } from '../../../src/jwt/secret-fingerprint.js';
import { BAD_KEYS, VALID_PAIRS } from '../../support/bad-keys.js';
import { PREVIOUS_SECRET, SECRET } from '../../support/settings.js';

type Page = (url: URL) => Response | Error;

/** A doctor who finds these pages; every other address answers 404. */
function doctor(pages: Readonly<Record<string, Page>>, changes: Partial<DoctorOptions> = {}): Doctor {
  const options = {
    issuer: 'https://id.example.com',
    secret: SECRET,
    previousSecrets: [],
    lifetimeSeconds: 900,
    ...changes,
  };
  return new Doctor(options, (input) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const answer = pages[url.origin + url.pathname]?.(url) ?? new Response('', { status: 404 });
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
}

const PEER = 'https://peer.example.com/base';

/** The `/debug-env` of a peer with this secret. */
function peer(
  secret: string | undefined,
  members: Readonly<Record<string, unknown>> = {},
): Record<string, Page> {
  return {
    [`${PEER}/debug-env`]: ({ searchParams }) =>
      Response.json({
        JWT_ISSUER: 'https://id.example.com',
        JWT_EXPIRATION_MINUTES: 15,
        JWT_SECRET_KEY:
          secret === undefined
            ? { set: false, warnings: [] }
            : {
                set: true,
                fingerprint: secretFingerprint(secret, searchParams.get('nonce') ?? ''),
                warnings: [],
              },
        ...members,
      }),
  };
}

const textsOf = (findings: readonly Finding[]): string[] =>
  findings.map(({ verdict, about }) => `${verdict}: ${about}`);

describe('Doctor.checkPeer', () => {
  it.each<[string, Record<string, Page>, RegExp[]]>([
    ['the same settings', peer(SECRET), [/^ok: .*same shared secret$/, /^ok: .*ISSUER$/, /^ok: .*MINUTES$/]],
    ['another secret', peer('another'), [/^wrong: The peer has another shared secret$/, /^ok/, /^ok/]],
    [
      'a secret of the list of previous ones',
      peer(PREVIOUS_SECRET),
      [/^note: .* that is in JWT_SECRET_KEY_PREVIOUS here$/, /^ok/, /^ok/],
    ],
    ['no secret', peer(undefined), [/^note: The peer has no shared secret/, /^ok/, /^ok/]],
    ['another issuer', peer(SECRET, { JWT_ISSUER: 'other' }), [/^ok/, /^wrong: .*JWT_ISSUER$/, /^ok/]],
    ['another lifetime', peer(SECRET, { JWT_EXPIRATION_MINUTES: 5 }), [/^ok/, /^ok/, /^note: .*MINUTES$/]],
    ['no /debug-env', {}, [/^note: The \/debug-env of the peer is off: set DEBUG_ENV=true/]],
    [
      'a fault',
      { [`${PEER}/debug-env`]: () => new Response('', { status: 500 }) },
      [/^wrong: .*responds 500$/],
    ],
    [
      'no JSON',
      { [`${PEER}/debug-env`]: () => new Response('OK') },
      [/^wrong: .*responds 200 without JSON$/],
    ],
    [
      'no one there',
      {
        [`${PEER}/debug-env`]: () =>
          new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) }),
      },
      [/^wrong: The peer does not respond: ECONNREFUSED$/],
    ],
  ])('finds %s', async (_name, pages, words) => {
    const findings = textsOf(
      await doctor(pages, { previousSecrets: [PREVIOUS_SECRET] }).checkPeer(`${PEER}/`),
    );
    expect(findings).toEqual(words.map((each) => expect.stringMatching(each)));
  });

  it('asks with a nonce that is new each time, so that no old answer can be played back', async () => {
    const nonces: (string | null)[] = [];
    const pages = {
      [`${PEER}/debug-env`]: ({ searchParams }: URL) => {
        nonces.push(searchParams.get('nonce'));
        return Response.json({ JWT_SECRET_KEY: { fingerprint: secretFingerprint(SECRET) } });
      },
    };
    const asked = doctor(pages);
    expect(textsOf(await asked.checkPeer(PEER))[0]).toBe('wrong: The peer has another shared secret');
    await asked.checkPeer(PEER);
    expect(new Set(nonces).size).toBe(2);
    expect(nonces).toEqual(nonces.map(() => expect.stringMatching(/^[0-9a-f]{24}$/)));
  });

  it('exposes nothing of any secret', async () => {
    const findings = textsOf(await doctor(peer('another')).checkPeer(PEER)).join('\n');
    expect(findings).not.toContain(SECRET);
    expect(findings).not.toMatch(/[0-9a-f]{16}/);
  });
});

describe('Doctor.checkWellKnown', () => {
  const metadata =
    (issuer: string): Page =>
    () =>
      Response.json({ issuer });
  const ROOT = 'https://id.example.com/.well-known';
  const VALID_METADATA = {
    [`${ROOT}/jwks.json`]: () => Response.json({ keys: [] }),
    [`${ROOT}/openid-configuration`]: metadata('https://id.example.com'),
    [`${ROOT}/oauth-authorization-server`]: metadata('https://id.example.com'),
  };

  it.each(['https://id.example.com', 'https://id.example.com/'])(
    'finds what clients of %s look for',
    async (issuer) => {
      const pages: Record<string, Page> = { ...VALID_METADATA };
      for (const name of ['openid-configuration', 'oauth-authorization-server']) {
        pages[`${ROOT}/${name}`] = metadata(issuer);
      }
      expect(textsOf(await doctor(pages, { issuer }).checkWellKnown())).toEqual([
        `ok: ${ROOT}/jwks.json answers`,
        `ok: ${ROOT}/openid-configuration answers`,
        `ok: ${ROOT}/oauth-authorization-server answers`,
      ]);
    },
  );

  it.each<[string, Record<string, Page>, string]>([
    [
      'is missing',
      { [`${ROOT}/jwks.json`]: () => new Response('', { status: 404 }) },
      'jwks.json: answers 404',
    ],
    ['is no key set', { [`${ROOT}/jwks.json`]: () => Response.json({}) }, 'jwks.json: is not a key set'],
    ['is no JSON', { [`${ROOT}/jwks.json`]: () => new Response('<html>') }, 'jwks.json: is not JSON'],
    [
      'names another issuer',
      { [`${ROOT}/openid-configuration`]: metadata('http://id.example.com') },
      'openid-configuration: names another issuer',
    ],
    ['cannot be reached', { [`${ROOT}/jwks.json`]: () => new Error('redirected') }, 'jwks.json: redirected'],
  ])('reports if one %s', async (_name, pages, words) => {
    const findings = textsOf(await doctor({ ...VALID_METADATA, ...pages }).checkWellKnown());
    expect(findings.filter((each) => !each.startsWith('ok'))).toEqual([`wrong: ${ROOT}/${words}`]);
  });

  it('fetches under a path, and notes the location of RFC 8414 before the path', async () => {
    const issuer = 'https://id.example.com/identity';
    const wellKnown = `${issuer}/.well-known`;
    const pages = {
      [`${wellKnown}/jwks.json`]: () => Response.json({ keys: [] }),
      [`${wellKnown}/openid-configuration`]: metadata(issuer),
      [`${wellKnown}/oauth-authorization-server`]: metadata(issuer),
    };
    expect(textsOf(await doctor(pages, { issuer }).checkWellKnown())).toEqual([
      `ok: ${wellKnown}/jwks.json answers`,
      `ok: ${wellKnown}/openid-configuration answers`,
      `ok: ${wellKnown}/oauth-authorization-server answers`,
      `note: ${ROOT}/oauth-authorization-server/identity: answers 404`,
    ]);
  });

  it.each(['identity-backend', 'https://', 'https://id example'])(
    'notes that %j is no address to look at',
    async (issuer) => {
      expect(textsOf(await doctor({}, { issuer }).checkWellKnown())).toEqual([
        expect.stringMatching(/^note: JWT_ISSUER is not a URL/),
      ]);
    },
  );
});

describe('a receiving peer', () => {
  it('has no lifetime, and nothing is said about it', async () => {
    const found = await doctor(peer(SECRET, { JWT_EXPIRATION_MINUTES: undefined })).checkPeer(PEER);
    expect(textsOf(found).join()).not.toContain('MINUTES');
  });
});

describe('Doctor.checkClients', () => {
  const withKeys = (...keys: readonly object[]): Client => ({ id: 'worker', jwks: { keys } }) as Client;
  const { publicJwk } = VALID_PAIRS['P-256'];
  const publicUrl = 'https://id.example.com';

  it('names each key that is not used, and exposes nothing of it', () => {
    for (const [, jwk] of BAD_KEYS) {
      const findings = doctor({}).checkClients([withKeys(publicJwk, jwk), withKeys(publicJwk)]);
      expect(textsOf(findings)).toEqual([
        expect.stringMatching(/^wrong: Client worker cannot use its key 1[ ,].*; register another one$/),
      ]);
    }
  });

  it.each([
    ['accepts the endpoint', { publicUrl, clientAssertionAudience: 'issuer-or-endpoint' }, 1],
    ['accepts the issuer alone', { publicUrl, clientAssertionAudience: 'issuer' }, 0],
    ['has no public URL', { clientAssertionAudience: 'issuer-or-endpoint' }, 0],
  ] as const)('recommends the issuer as the only audience if the service %s', (_name, options, count) => {
    const findings = doctor({}, options).checkClients([withKeys(publicJwk)]);
    expect(textsOf(findings)).toEqual(
      Array<unknown>(count).fill(expect.stringMatching(/^note: .* set CLIENT_ASSERTION_AUDIENCE=issuer$/)),
    );
    expect(doctor({}, options).checkClients([{ id: 'a', jwks: null } as Client])).toEqual([]);
  });

  it('fetches the key set under the public URL, and the metadata under the issuer', async () => {
    const asked = (await doctor({}, { publicUrl: 'https://api.example.com/id' }).checkWellKnown()).map(
      ({ about }) => about.split(': ')[0],
    );
    expect(asked).toEqual([
      'https://api.example.com/id/.well-known/jwks.json',
      'https://id.example.com/.well-known/openid-configuration',
      'https://id.example.com/.well-known/oauth-authorization-server',
    ]);
  });
});
