import { describe, expect, it } from '@jest/globals';
import type { Client } from '../../../src/clients/client.js';
import { Doctor, type DoctorOptions, type Finding } from '../../../src/diagnostics/doctor.js';
import { secretFingerprint } from '../../../src/jwt/secret-fingerprint.js';
import { BAD_KEYS, VALID_PAIRS } from '../../support/bad-keys.js';
import { PREVIOUS_SECRET, SECRET } from '../../support/settings.js';

type Page = (url: URL) => Response | Error;

/** A doctor for which these pages exist; every other URL responds with 404. */
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
    const response = pages[url.origin + url.pathname]?.(url) ?? new Response('', { status: 404 });
    return response instanceof Error ? Promise.reject(response) : Promise.resolve(response);
  });
}

const PEER = 'https://peer.example.com/base';

/** The `/debug-env` of a peer that has this secret. */
function peer(
  secret: string | undefined,
  fields: Readonly<Record<string, unknown>> = {},
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
        ...fields,
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
      'a secret from JWT_SECRET_KEY_PREVIOUS',
      peer(PREVIOUS_SECRET),
      [/^note: .* that is in JWT_SECRET_KEY_PREVIOUS here$/, /^ok/, /^ok/],
    ],
    ['no secret', peer(undefined), [/^note: The peer has no shared secret/, /^ok/, /^ok/]],
    ['another issuer', peer(SECRET, { JWT_ISSUER: 'other' }), [/^ok/, /^wrong: .*JWT_ISSUER$/, /^ok/]],
    ['another lifetime', peer(SECRET, { JWT_EXPIRATION_MINUTES: 5 }), [/^ok/, /^ok/, /^note: .*MINUTES$/]],
    ['no /debug-env', {}, [/^note: The \/debug-env of the peer is off: set DEBUG_ENV=true/]],
    [
      'a /debug-env that responds with 500',
      { [`${PEER}/debug-env`]: () => new Response('', { status: 500 }) },
      [/^wrong: .*responds 500$/],
    ],
    [
      'a /debug-env that is not JSON',
      { [`${PEER}/debug-env`]: () => new Response('OK') },
      [/^wrong: .*responds 200 without JSON$/],
    ],
    [
      'a closed port',
      {
        [`${PEER}/debug-env`]: () =>
          new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) }),
      },
      [/^wrong: The peer does not respond: ECONNREFUSED$/],
    ],
  ])('reports a peer with %s', async (_name, pages, words) => {
    const findings = textsOf(
      await doctor(pages, { previousSecrets: [PREVIOUS_SECRET] }).checkPeer(`${PEER}/`),
    );
    expect(findings).toEqual(words.map((each) => expect.stringMatching(each)));
  });

  it('sends a new nonce with each request, so that an old response cannot be replayed', async () => {
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

  it('exposes neither a secret nor a fingerprint', async () => {
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
    'accepts the key set and the metadata of the issuer %s',
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
    ['is not a key set', { [`${ROOT}/jwks.json`]: () => Response.json({}) }, 'jwks.json: is not a key set'],
    ['is not JSON', { [`${ROOT}/jwks.json`]: () => new Response('<html>') }, 'jwks.json: is not JSON'],
    [
      'names another issuer',
      { [`${ROOT}/openid-configuration`]: metadata('http://id.example.com') },
      'openid-configuration: names another issuer',
    ],
    ['cannot be fetched', { [`${ROOT}/jwks.json`]: () => new Error('redirected') }, 'jwks.json: redirected'],
  ])('reports a document that %s', async (_name, pages, words) => {
    const findings = textsOf(await doctor({ ...VALID_METADATA, ...pages }).checkWellKnown());
    expect(findings.filter((each) => !each.startsWith('ok'))).toEqual([`wrong: ${ROOT}/${words}`]);
  });

  it("accepts documents under the issuer's path, and notes a 404 at the location of RFC 8414", async () => {
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
    'notes that the issuer %j is not a URL',
    async (issuer) => {
      expect(textsOf(await doctor({}, { issuer }).checkWellKnown())).toEqual([
        expect.stringMatching(/^note: JWT_ISSUER is not a URL/),
      ]);
    },
  );
});

describe('Doctor.checkPeer for a peer without a lifetime', () => {
  it('reports nothing about the lifetime', async () => {
    const found = await doctor(peer(SECRET, { JWT_EXPIRATION_MINUTES: undefined })).checkPeer(PEER);
    expect(textsOf(found).join()).not.toContain('MINUTES');
  });
});

describe('Doctor.checkClients', () => {
  const withKeys = (...keys: readonly object[]): Client => ({ id: 'worker', jwks: { keys } }) as Client;
  const { publicJwk } = VALID_PAIRS['P-256'];
  const publicUrl = 'https://id.example.com';

  it('names the client and the index of each unusable key', () => {
    for (const [, jwk] of BAD_KEYS) {
      const findings = doctor({}).checkClients([withKeys(publicJwk, jwk), withKeys(publicJwk)]);
      expect(textsOf(findings)).toEqual([
        expect.stringMatching(/^wrong: Client worker cannot use its key 1[ ,].*; register another one$/),
      ]);
    }
  });

  it.each([
    [
      'the issuer as the only audience if the endpoint is accepted too',
      { publicUrl, clientAssertionAudience: 'issuer-or-endpoint' },
      1,
    ],
    ['nothing if only the issuer is accepted', { publicUrl, clientAssertionAudience: 'issuer' }, 0],
    ['nothing without a public URL', { clientAssertionAudience: 'issuer-or-endpoint' }, 0],
  ] as const)('recommends %s', (_name, options, count) => {
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
