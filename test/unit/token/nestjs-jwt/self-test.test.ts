import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JwtVerifyOptions } from '@nestjs/jwt';
import { JwtService } from '@nestjs/jwt';
import { type Algorithm, ALGORITHMS } from '../../../../src/jwt/algorithms.js';
import { SharedKey } from '../../../../src/keys/shared-key.js';
import type { SigningKey } from '../../../../src/keys/signing-key.js';
import { selfTest } from '../../../../src/token/nestjs-jwt/self-test.js';
import { type BoundJwt, boundJwt } from '../../../support/bound-jwt.js';
import { signingKeyFor } from '../../../support/private-keys.js';
import { PREVIOUS_SECRET, SECRET } from '../../../support/settings.js';

const keyFor = (algorithm: Algorithm, name = ''): SigningKey => {
  if (!ALGORITHMS[algorithm].shared) return signingKeyFor(algorithm, name);
  return new SharedKey(name === '' ? SECRET : PREVIOUS_SECRET, algorithm);
};

/** A key that signs with another one, as if it were damaged. */
function damaged(algorithm: Algorithm): SigningKey {
  const other = keyFor(algorithm, 'other');
  return Object.assign(Object.create(keyFor(algorithm)) as SigningKey, {
    sign: (claims: object) => other.sign(claims),
  });
}

/** Records the options of each call, and calls the library. */
class RecordingJwtService extends JwtService {
  readonly calls: JwtVerifyOptions[] = [];

  override verifyAsync<T extends object>(token: string, options: JwtVerifyOptions = {}): Promise<T> {
    this.calls.push(options);
    return super.verifyAsync<T>(token, options);
  }
}

describe('selfTest', () => {
  let bound: BoundJwt;
  beforeAll(async () => {
    bound = await boundJwt();
  });
  afterAll(() => bound.close());

  it.each(Object.keys(ALGORITHMS) as Algorithm[])(
    'returns true for a key for %s, and false for a damaged one',
    async (algorithm) => {
      for (const jwt of [bound.jwt, new JwtService()]) {
        expect(await selfTest(keyFor(algorithm), jwt)).toBe(true);
        expect(await selfTest(damaged(algorithm), jwt)).toBe(false);
      }
    },
  );

  it.each(['HS256', 'RS256'] as const)(
    'passes the key for %s to the library in the options',
    async (algorithm) => {
      const jwt = new RecordingJwtService();
      await selfTest(keyFor(algorithm), jwt);
      const name = algorithm === 'HS256' ? 'secret' : 'publicKey';
      expect(jwt.calls).toEqual([{ [name]: expect.anything(), algorithms: [algorithm] }]);
    },
  );
});
