import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RunningApp } from '../../support/running-app.js';
import { testData } from '../../support/test-data.js';

interface Token {
  readonly name: string;
  /** When it is verified, in seconds since 1970. */
  readonly at: number;
  readonly code: string;
  readonly token: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

const { secret, audience, tokens } = testData<{ secret: string; audience: string; tokens: Token[] }>(
  'pyjwt-tokens.json',
);

describe('POST /verify with a token made by PyJWT', () => {
  let service: RunningApp;
  beforeAll(async () => {
    service = await RunningApp.start({ secret, algorithms: ['HS256', 'HS384', 'HS512'] });
  });
  afterAll(() => service.stop());

  it.each(tokens)('$name: $code', async ({ at, code, token, claims }) => {
    service.clock.set(at);
    const { status, body } = await service.verify(token, audience);
    if (code === 'valid') expect({ status, body }).toEqual({ status: 200, body: { valid: true, claims } });
    else expect({ status, code: body['code'] }).toEqual({ status: 401, code });
  });

  it('is tested with more than 20 tokens and 7 different codes', () => {
    expect(tokens.length).toBeGreaterThan(20);
    expect(new Set(tokens.map(({ code }) => code)).size).toBe(7);
  });
});
