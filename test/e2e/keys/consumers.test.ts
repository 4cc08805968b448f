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

/** The configuration of a service that receives tokens. */
interface Question {
  readonly token: string;
  readonly issuer: string;
  readonly audience: string;
  readonly algorithm: string;
  /** Seconds since 1970. */
  readonly now: number;
}

/** A service that receives tokens, and verifies them by itself. */
interface Consumer {
  ask(question: Question): Promise<Readonly<Record<string, unknown>>>;
  end(): Promise<void>;
}

/** A library that such services use, with its cache as it comes. */
interface Library {
  readonly name: string;
  readonly algorithms: readonly Algorithm[];
  /** Whether it asks for the set again for each key that it has not used before. */
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

/** A service that signs with every algorithm, each for an audience of that name, and someone who verifies its tokens. */
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

  /** @returns the algorithms of the tokens that the consumer verified, or why it refused them */
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

  /** How often the key set was asked for. */
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
    `a consumer that verifies by ${library.name}`,
    () => {
      const { algorithms } = library;
      const how = library.asksForEachKey ? '' : ', by the set that it fetched before';

      describe('when the keys are rotated', () => {
        let meeting: Meeting;
        let before: string[];
        let next: string[];
        beforeAll(async () => {
          meeting = await Meeting.of(library);
          // The next keys are old enough that they may sign at once.
          await pass(meeting.service, 60 * MINUTE);
          before = await meeting.issue();
        }, 60_000);
        afterAll(() => meeting.end());

        it('verifies the tokens before', async () => {
          expect(await meeting.verified(before)).toEqual(algorithms);
        });

        it('verifies tokens of the previous keys while the rotation is on its way', async () => {
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

        it('still verifies tokens of the previous keys, until the last one has expired', async () => {
          await pass(meeting.service, 13 * MINUTE);
          expect(await meeting.verified(before)).toEqual(algorithms);
        });

        it('that comes later verifies the new tokens, and knows the previous keys no more', async () => {
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
            // It is not the expiry that it is refused for.
            const then = now - 20 * MINUTE;
            expect(await late.ask({ ...asked, token: String(before[at]), now: then })).toEqual({
              error: expect.stringMatching(/no applicable key|unable to find a signing key/i),
            });
          }
          await late.end();
        }, 60_000);
      });

      describe('when the keys leaked and are revoked', () => {
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
