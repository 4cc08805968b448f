import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { registerSecret, redactSecrets } from '../../../src/encoding/redact-secrets.js';
import { cpuTimeOf } from '../../support/cpu-time.js';
import { handMadeToken } from '../../support/hand-made-token.js';

const token = handMadeToken();
const [, , mac = ''] = token.split('.');
const credentials = Buffer.from('client-1:a-secret-of-a-client').toString('base64');

describe('redactSecrets', () => {
  it.each([
    ['a token', `failed on ${token}`],
    ['a token in a URL', `GET /x?token=${token}&y=1`],
    ['a token in quotes', `{"token":"${token}"}`],
    ['a token without a signature', `failed on ${token.slice(0, -mac.length)}`],
    ['several tokens', `${token} and ${token}`],
    ['a token on a line of its own', `first\n${token}\nlast`],
    ['a token after Bearer', `Authorization: Bearer ${token}`],
    ['credentials after Basic', `authorization: Basic ${credentials}`],
    ['an opaque token after Bearer', `Bearer ${mac}`],
    ['credentials after basic in lower case', `authorization: basic ${credentials}`],
    ['an opaque token after BEARER in upper case', `AUTHORIZATION: BEARER ${mac}`],
  ])('removes %s', (_name, text) => {
    const left = redactSecrets(text);
    expect(left).toContain('[removed]');
    for (const secret of [mac, credentials, token.slice(0, 40)]) expect(left).not.toContain(secret);
  });

  it.each([
    'Cannot read properties of undefined',
    'at file:///srv/app/dist/main.js:12:34',
    'a.b.c',
    'v1.2.3',
    'logging-service.production.example.com',
    'eyeglasses-service.production.example.com',
  ])('leaves %j unchanged', (text) => {
    expect(redactSecrets(text)).toBe(text);
  });

  const bytes = (length: number) =>
    fc.uint8Array({ minLength: length, maxLength: length }).map((values) => Buffer.from(values));
  const around = fc.constantFrom('', ' ', '/', ':', '"', '.', 'x=', 'user:', '&', '\n');

  it.each(['base64url', 'hex'] as const)('removes any 32 random bytes in %s, at any position', (encoding) => {
    fc.assert(
      fc.property(around, around, (before, after) => {
        const secret = randomBytes(32).toString(encoding);
        expect(redactSecrets(before + secret + after)).not.toContain(secret);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(['', '_', 'x', 'user_', 'a.b.', 'ey.', 'eyA', 'eyA.ey.'])('removes a token after %j', (before) => {
    const left = redactSecrets(`${before}${token}`);
    expect(left).toMatch(/\[removed\]$/);
    expect(left).not.toContain(mac);
  });

  it.each([
    ['repeated starts of a header', `${'eyA'.repeat(20_000)} .`],
    ['repeated starts of a header before a dot', `${'eyA'.repeat(20_000)}.`],
    ['repeated parts without an end', `${'eyAAAAAA.a.'.repeat(6_000)}`],
    ['the word Bearer repeated', 'Bearer '.repeat(8_000)],
  ])('does not take quadratic time: %s', (_name, text) => {
    // Quadratic time would be over a second.
    expect(cpuTimeOf(() => redactSecrets(text))).toBeLessThan(250);
  });

  it('removes Basic credentials without the scheme', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/), bytes(32), (id, secret) => {
        const text = Buffer.from(`${id}:${secret.toString('hex')}`).toString('base64url');
        expect(redactSecrets(text)).toBe('[removed]');
      }),
    );
  });

  it('removes a private key', () => {
    const key = `-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ\nabc\n-----END PRIVATE KEY-----`;
    expect(redactSecrets(`cannot read ${key}: wrong`)).toBe('cannot read [removed]: wrong');
    expect(redactSecrets(`cannot read ${key.slice(0, 40)}`)).toBe('cannot read [removed]');
  });

  it('removes a registered secret of any form, except a very short one', () => {
    registerSecret('correct horse battery staple');
    registerSecret('short');
    expect(redactSecrets('aud=correct horse battery staple.')).toBe('aud=[removed].');
    expect(redactSecrets('a short text')).toBe('a short text');
  });

  it.each([
    'logging-service-production-europe-central-1',
    'LOGGING_SERVICE_PRODUCTION_EUROPE_CENTRAL_1',
    'TheAudienceThatIsNamedInTheSettingsOfTheService',
    '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
    '3F2504E0-4F89-41D3-9A0C-0305E82C3301',
    '4bf92f3577b34da6a3ce929d0e0e4736',
    '8d9383a5276a18aa96f07653c251aea925876272',
    '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    'https://api.example.com/v1/Orders/2026-01-01T00:00:00Z',
    'system:serviceaccount:production:logging-backend',
    'spiffe://example.org/ns/production/sa/logging-backend',
    'arn:aws:iam::123456789012:role/LoggingBackend',
    'user-42@example.com',
    'a'.repeat(255),
  ])('leaves the name %j unchanged', (text) => {
    expect(redactSecrets(text)).toBe(text);
  });
});
