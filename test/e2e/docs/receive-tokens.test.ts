import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestIssuer, TOKEN_FAULTS, type TokenFault } from '../../../src/testing/index.js';
import { readToken } from '../../support/hand-made-token.js';
import { RunningApp } from '../../support/running-app.js';
import { SECRET } from '../../support/settings.js';

const SCRIPT = fileURLToPath(new URL('../../python/receive_tokens.py', import.meta.url));
const page = readFileSync(new URL('../../../docs/receive-tokens.md', import.meta.url), 'utf8');
const snippetOf = (mark: string): string =>
  new RegExp(`^\`\`\`python ${mark}\n(.*?)^\`\`\`$`, 'ms').exec(page)?.[1] ?? '';

/** Debian's own Python finds Debian's packages; the first Python on the path may not. */
const python = ['python3', '/usr/bin/python3'].find(
  (program) => spawnSync(program, ['-c', 'import jwt, cryptography']).status === 0,
);
if (python === undefined)
  process.stderr.write(
    'Left out, the Python of docs/receive-tokens.md: no python3 has jwt and cryptography\n',
  );

interface Outcome {
  readonly claims?: object;
  /** The name of the error. */
  readonly refused?: string;
}

async function ask(snippet: string, tokens: readonly string[]): Promise<readonly Outcome[]> {
  const child = spawn(String(python), [SCRIPT], {
    env: { PATH: process.env['PATH'], JWT_SECRET_KEY: SECRET, NO_PROXY: '127.0.0.1' },
  });
  const ended = once(child, 'close') as Promise<[number]>;
  child.stdin.end(JSON.stringify({ snippet, tokens }));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = await ended;
  if (status !== 0) throw new Error(errors);
  return JSON.parse(output) as Outcome[];
}

const faults = Object.keys(TOKEN_FAULTS) as TokenFault[];
/** PyJWT's errors for the faults that a caller may want to distinguish. */
const NAMES: Partial<Record<TokenFault, string>> = {
  expired: 'ExpiredSignatureError',
  not_yet_valid: 'ImmatureSignatureError',
  other_issuer: 'InvalidIssuerError',
  other_audience: 'InvalidAudienceError',
};

(python === undefined ? describe.skip : describe)('the Python of docs/receive-tokens.md', () => {
  describe.each([
    { keys: 'the shared secret', mark: 'run-secret', algorithm: 'HS256' },
    { keys: 'public keys', mark: 'run-keys', algorithm: 'ES256' },
  ] as const)('with $keys', ({ mark, algorithm }) => {
    const issuer = new TestIssuer({
      issuer: 'identity-backend',
      audience: 'logging-service',
      algorithm,
      ...(algorithm === 'HS256' && { secret: SECRET }),
    });
    let service: RunningApp;
    let made: string;
    let ofService: readonly Outcome[];
    let ofFaults: readonly Outcome[];

    beforeAll(async () => {
      await issuer.start();
      service = await RunningApp.start({ algorithms: [algorithm] });
      // PyJWT uses the clock of the machine.
      service.clock.set(Math.floor(Date.now() / 1000));
      await service.catchUp();
      const { body } = await service.post('/token', { sub: 'user-42', aud: 'logging-service' });
      made = String(body['token']);
      const keysAt = (url: string): string =>
        snippetOf(mark).replace('http://127.0.0.1:3000/.well-known/jwks.json', url);
      ofService = await ask(keysAt(`${service.origin}/.well-known/jwks.json`), [made]);
      const bad = await Promise.all(faults.map((fault) => issuer.badToken(fault)));
      const lasting = await issuer.token({ exp: undefined });
      ofFaults = await ask(keysAt(issuer.jwksUri), [await issuer.token(), lasting, ...bad]);
    }, 60_000);
    afterAll(() => Promise.all([service.stop(), issuer.stop()]));

    it('returns the claims of a token of the service', () => {
      expect(ofService).toEqual([{ claims: readToken(made).claims }]);
    });

    it('accepts a valid token, and rejects one without exp', () => {
      expect(ofFaults.slice(0, 2)).toEqual([
        { claims: expect.objectContaining({ sub: 'test-subject' }) },
        { refused: 'MissingRequiredClaimError' },
      ]);
    });

    it.each(faults)('rejects a token with the fault %s', (fault) => {
      const refused = NAMES[fault] ?? expect.stringMatching(/Error$/);
      expect(ofFaults[2 + faults.indexOf(fault)]).toEqual({ refused });
    });
  });
});
