import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type BuiltService, makeClient, startService } from '../../support/built-service.js';
import {
  basicHeaders,
  form,
  json,
  type ReceivedResponse,
  request,
  type RequestOptions,
} from '../../support/http-request.js';
import { Random } from '../../support/random.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const TOKENS = 1_000;
const CONTROLS = 50;
/** How many requests are open at a time. */
const WIDTH = 16;
const LEAST_KILLS = 8;

/** `SEED=…` repeats the timing of a run, as far as a machine can. */
const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
const random = new Random(seed);

/** Acts on each item, {@link WIDTH} at a time, as long as `goesOn` is true. */
async function forEach<T>(
  items: Iterable<T>,
  act: (item: T) => Promise<void>,
  goesOn = (): boolean => true,
): Promise<void> {
  const rest = [...items];
  const work = async (): Promise<void> => {
    while (rest.length > 0 && goesOn()) await act(rest.shift() as T);
  };
  await Promise.all(Array.from({ length: WIDTH }, work));
}

/** The service on one SQLite file, which is killed and started again. */
class KilledService {
  private readonly environment = { NODE_ENV: 'production', JWT_EXPIRATION_MINUTES: '60' };
  private readonly cwd = temporaryDirectory();
  private authorization: Readonly<Record<string, string>> = {};
  private service: BuiltService | undefined;

  async start(): Promise<void> {
    this.service = await startService(this.environment, { cwd: this.cwd });
  }

  async kill(): Promise<void> {
    this.service?.kill('SIGKILL');
    await this.service?.ended;
  }

  async register(): Promise<void> {
    const options = ['--audience', 'logging-service'];
    this.authorization = basicHeaders(await makeClient(this.cwd, this.environment, 'worker', ...options));
  }

  async issue(count: number): Promise<readonly string[]> {
    const tokens: string[] = [];
    await forEach(Array(count).keys(), async () => {
      const grant = form({ grant_type: 'client_credentials' }, this.authorization);
      const { status, text, body } = await this.request('/oauth2/token', grant);
      if (status !== 200) throw new Error(`No token: ${status} ${text}`);
      tokens.push(String(body['access_token']));
    });
    return tokens;
  }

  revoke(token: string): Promise<ReceivedResponse> {
    return this.request('/oauth2/revoke', form({ token }, this.authorization));
  }

  /** How many of the tokens are revoked; the others must be valid. */
  async countRevoked(tokens: Iterable<string>): Promise<number> {
    let revoked = 0;
    await forEach(tokens, async (token) => {
      const { body, text } = await this.request('/verify', json({ token, aud: 'logging-service' }));
      if (body['code'] === 'token_revoked') revoked++;
      else if (body['valid'] !== true) throw new Error(`A token is neither valid nor revoked: ${text}`);
    });
    return revoked;
  }

  private request(path: string, options: RequestOptions): Promise<ReceivedResponse> {
    return request(`${this.service?.url}${path}`, options);
  }
}

/**
 * Revokes tokens until the service is killed, or all are revoked.
 *
 * @returns the tokens whose revocation returned 200, and those without a response, which may be revoked or
 * not
 */
async function revokeUntilKilled(
  service: KilledService,
  tokens: Iterable<string>,
): Promise<{ readonly answered: readonly string[]; readonly unanswered: readonly string[] }> {
  const killAfter = random.between(20, 140);
  const [answered, unanswered]: [string[], string[]] = [[], []];
  let killed: Promise<void> | undefined;
  const isRunning = (): boolean => killed === undefined;
  const revoke = async (token: string): Promise<void> => {
    const response = await service.revoke(token).catch((error: unknown) => {
      if (isRunning()) throw error;
    });
    if (!response) {
      unanswered.push(token);
      return;
    }
    expect([response.status, response.text]).toEqual([200, '']);
    answered.push(token);
    if (answered.length === killAfter) killed = delay(random.between(0, 8)).then(() => service.kill());
  };
  await forEach(tokens, revoke, isRunning);
  await (killed ?? service.kill());
  return { answered, unanswered };
}

describe(`a service that is killed at random moments while tokens are revoked (SEED=${seed})`, () => {
  let service: KilledService;
  let tokens: readonly string[];
  let controls: readonly string[];
  let kills = 0;
  let heldUnanswered = 0;

  beforeAll(async () => {
    service = new KilledService();
    await service.register();
    await service.start();
    tokens = await service.issue(TOKENS);
    controls = await service.issue(CONTROLS);
  });

  it('keeps every revocation that returned 200 across each restart', async () => {
    const waiting = new Set(tokens);
    while (waiting.size > 0) {
      const { answered, unanswered } = await revokeUntilKilled(service, waiting);
      for (const token of answered) waiting.delete(token);
      kills++;
      await service.start();
      expect([kills, await service.countRevoked(answered)]).toEqual([kills, answered.length]);
      heldUnanswered += await service.countRevoked(unanswered);
    }
    console.log(`${heldUnanswered} were killed after they were written and before they were answered`);
  }, 600_000);

  it(`was killed at least ${LEAST_KILLS} times`, () => {
    expect(kills).toBeGreaterThanOrEqual(LEAST_KILLS);
  });

  it('has all of them after the last restart', async () => {
    expect(await service.countRevoked(tokens)).toBe(TOKENS);
  });

  it('accepts the tokens that were not revoked', async () => {
    expect(await service.countRevoked(controls)).toBe(0);
  });
});
