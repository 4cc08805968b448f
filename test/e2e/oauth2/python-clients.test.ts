import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeClientKey } from '../../support/client-assertion.js';
import { makeClient } from '../../support/clients.js';
import { pythonWith } from '../../support/python.js';
import { RunningApp } from '../../support/running-app.js';

const SCRIPT = fileURLToPath(new URL('../../python/oauth_clients.py', import.meta.url));
const ISSUER = 'https://identity.example.com';

const python = pythonWith('authlib, requests_oauthlib');
if (python === undefined)
  process.stderr.write('Left out, the clients of Python: no python3 has authlib and requests_oauthlib\n');

(python === undefined ? describe.skip : describe)('OAuth clients in Python', () => {
  let service: RunningApp;
  let lines: readonly object[];
  beforeAll(async () => {
    service = await RunningApp.start({ issuer: ISSUER });
    // Authlib uses the clock of the machine.
    service.clock.set(Date.now() / 1000);
    const key = makeClientKey('ES256');
    const { id, secret } = await makeClient(service, 'worker', {
      audiences: ['logging-service'],
      scopes: ['logs:write'],
      jwks: { keys: [key.jwk] },
    });
    const child = spawn(String(python), [SCRIPT], { env: { ...process.env, NO_PROXY: '127.0.0.1' } });
    const ended = once(child, 'close') as Promise<[number]>;
    const settings = {
      origin: service.origin,
      issuer: ISSUER,
      client_id: id,
      client_secret: secret,
      private_key: key.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    };
    child.stdin.end(JSON.stringify(settings));
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [status] = await ended;
    if (status !== 0) throw new Error(errors);
    lines = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
  }, 30_000);
  afterAll(() => service.stop());

  it.each([
    ['Authlib', 'client_secret_basic'],
    ['Authlib', 'client_secret_post'],
    ['Authlib', 'private_key_jwt'],
    ['requests-oauthlib', 'client_secret_basic'],
    ['requests-oauthlib', 'client_secret_post'],
  ])('%s gets a token with %s, introspects it and revokes it', (client, method) => {
    expect(lines).toContainEqual({
      client,
      method,
      token_type: 'Bearer',
      expires_in: 900,
      // oauthlib returns a list.
      scope: client === 'Authlib' ? 'logs:write' : ['logs:write'],
      active: true,
      revoked: 200,
      after: { active: false },
    });
  });
});
