import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { Algorithm } from '../../../src/jwt/algorithms.js';
import { readToken } from '../../support/hand-made-token.js';
import { pass, rotateAll } from '../../support/key-administration.js';
import { LineProcess } from '../../support/line-process.js';
import { ASYMMETRIC } from '../../support/private-keys.js';
import { pythonWith } from '../../support/python.js';
import { RunningApp } from '../../support/running-app.js';

const JWKS = '/.well-known/jwks.json';
const MINUTE = 60;
const JWKS_RSA = fileURLToPath(new URL('../../support/jwks-rsa-consumer.js', import.meta.url));
const PY_JWK_CLIENT = fileURLToPath(new URL('../../python/jwk_client.py', import.meta.url));

/** A token, and what the resource server that verifies it expects. */
interface Question {
  readonly token: string;
  readonly issuer: string;
  readonly audience: string;
  readonly algorithm: string;
  /** Seconds since 1970. */
  readonly now: number;
}

/** A resource server that verifies tokens itself. */
interface Consumer {
  ask(question: Question): Promise<Readonly<Record<string, unknown>>>;
  end(): Promise<void>;
}

/** A library that resource servers use, with the defaults of its cache. */
interface Library {
  readonly name: string;
  readonly algorithms: readonly Algorithm[];
  /** Whether it fetches the key set again for each key that it has not used before. */
  readonly asksForEachKey: boolean;
  readonly missing?: string | undefined;
  start(jwksUri: string): Consumer;
}

function joseConsumer(jwksUri: string): Consumer {
  const keys = createRemoteJWKSet(new URL(jwksUri));
  return {
    ask: async ({ token, issuer, audience, algorithm, now }) => {
      const options = { issuer, audience, algorithms: [algorithm], currentDate: new Date(now * 1000) };
      try {
        return { claims: (await jwtVerify(token, keys, options)).payload };
      } catch (error) {
        if (error instanceof errors.JOSEError) return { error: error.message };
        throw error;
      }
    },
    end: () => Promise.resolve(),
  };
}

const python = pythonWith('jwt, cryptography');
const LIBRARIES: readonly Library[] = [
  { name: 'jose', algorithms: ASYMMETRIC, asksForEachKey: false, start: joseConsumer },
  {
    name: 'jwks-rsa with jsonwebtoken',
    algorithms: ASYMMETRIC.filter((name) => name !== 'EdDSA'),
    asksForEachKey: true,
    start: (jwksUri) => new LineProcess(process.execPath, [JWKS_RSA, jwksUri]),
  },
  {
    name: 'PyJWKClient of PyJWT',
    algorithms: ASYMMETRIC,
    asksForEachKey: false,
    missing: python === undefined ? 'no python3 has jwt and cryptography' : undefined,
    start: (jwksUri) => new LineProcess(String(python), [PY_JWK_CLIENT, jwksUri]),
  },
];

/** A service that signs with every algorithm for an audience of that name, and a consumer of its tokens. */
class Meeting {
  private constructor(
    readonly service: RunningApp,
    private readonly consumer: Consumer,
    private readonly algorithms: readonly Algorithm[],
  ) {}

  static async of(library: Library): Promise<Meeting> {
    const { algorithms } = library;
    const audienceAlgorithms = new Map(algorithms.map((name) => [name, [name]]));
    const service = await RunningApp.start({ audienceAlgorithms });
    return new Meeting(service, library.start(service.origin + JWKS), algorithms);
  }

  /** One token for each algorithm. */
  issue(): Promise<string[]> {
    return Promise.all(this.algorithms.map((aud) => this.service.issue({ aud })));
  }

  /** @returns the algorithms of the tokens that the consumer verified, or why it rejected them */
  async verified(tokens: readonly string[]): Promise<unknown[]> {
    const outcomes = [];
    for (const token of tokens) {
      const { header, claims } = readToken(token);
      const question = {
        token,
        issuer: 'identity-backend',
        audience: String(claims['aud']),
        algorithm: String(header['alg']),
        now: this.service.clock.now() / 1000,
      };
      const { claims: found, error } = await this.consumer.ask(question);
      if (error === undefined) expect(found).toEqual(claims);
      outcomes.push(error ?? header['alg']);
    }
    return outcomes;
  }

  /** How often the key set was fetched. */
  get asked(): number {
    return this.service.captured.lines.filter(({ route }) => route === JWKS).length;
  }

  async end(): Promise<void> {
    await this.consumer.end();
    await this.service.stop();
  }
}

const kidsOf = (tokens: readonly string[]): unknown[] =>
  tokens.map((token) => readToken(token).header['kid']);

for (const library of LIBRARIES) {
  if (library.missing !== undefined) process.stderr.write(`Left out, ${library.name}: ${library.missing}\n`);

  (library.missing === undefined ? describe : describe.skip)(
    `a consumer that verifies with ${library.name}`,
    () => {
      const { algorithms } = library;
      const how = library.asksForEachKey ? '' : ' with the key set fetched before';

      describe('when the keys are rotated', () => {
        let meeting: Meeting;
        let before: string[];
        let next: string[];
        beforeAll(async () => {
          meeting = await Meeting.of(library);
          // By then the next keys have been published long enough to sign at once.
          await pass(meeting.service, 60 * MINUTE);
          before = await meeting.issue();
        }, 60_000);
        afterAll(() => meeting.end());

        it('verifies tokens issued before', async () => {
          expect(await meeting.verified(before)).toEqual(algorithms);
        });

        it('verifies tokens that the previous keys sign until the switch', async () => {
          await rotateAll(meeting.service);
          const tokens = await meeting.issue();
          expect(kidsOf(tokens)).toEqual(kidsOf(before));
          expect(await meeting.verified(tokens)).toEqual(algorithms);
        });

        it(`verifies tokens of the next keys at once${how}`, async () => {
          const asked = meeting.asked;
          await pass(meeting.service, 65);
          next = await meeting.issue();
          expect(kidsOf(next).filter((kid) => kidsOf(before).includes(kid))).toEqual([]);
          expect(await meeting.verified(next)).toEqual(algorithms);
          if (!library.asksForEachKey) expect(meeting.asked).toBe(asked);
        });

        it('still verifies unexpired tokens of the previous keys', async () => {
          await pass(meeting.service, 13 * MINUTE);
          expect(await meeting.verified(before)).toEqual(algorithms);
        });

        it('that starts later verifies the new tokens, and finds no key for the previous ones', async () => {
          await pass(meeting.service, 4 * MINUTE);
          const late = library.start(meeting.service.origin + JWKS);
          const tokens = await meeting.issue();
          for (const [at, algorithm] of algorithms.entries()) {
            const asked = { issuer: 'identity-backend', audience: algorithm, algorithm };
            const now = meeting.service.clock.now() / 1000;
            expect(await late.ask({ ...asked, token: String(tokens[at]), now })).toHaveProperty(
              'claims.aud',
              algorithm,
            );
            // Before its expiry, which would be another reason to reject it.
            const then = now - 20 * MINUTE;
            expect(await late.ask({ ...asked, token: String(before[at]), now: then })).toEqual({
              error: expect.stringMatching(/no applicable key|unable to find a signing key/i),
            });
          }
          await late.end();
        }, 60_000);
      });

      describe('when leaked keys are revoked', () => {
        let meeting: Meeting;
        beforeAll(async () => {
          meeting = await Meeting.of(library);
        }, 60_000);
        afterAll(() => meeting.end());

        it(`verifies tokens of the next keys at once${how}`, async () => {
          const before = await meeting.issue();
          expect(await meeting.verified(before)).toEqual(algorithms);
          const asked = meeting.asked;
          await rotateAll(meeting.service, true);
          const next = await meeting.issue();
          expect(kidsOf(next).filter((kid) => kidsOf(before).includes(kid))).toEqual([]);
          expect(await meeting.verified(next)).toEqual(algorithms);
          if (!library.asksForEachKey) expect(meeting.asked).toBe(asked);
        });
      });
    },
  );
}
