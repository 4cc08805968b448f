import { randomInt } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DocumentedResponses } from '../support/documented-responses.js';
import { FuzzedService } from '../support/fuzzed-service.js';
import { type GeneratedRequest, RequestGenerator } from '../support/generated-request.js';
import { request } from '../support/http-request.js';
import { mutatedToken } from '../support/mutated-token.js';
import { operationsOf, type PlacedOperation } from '../support/openapi-document.js';
import { Random } from '../support/random.js';
import { type Outcome, send } from '../support/raw-request.js';

const settingOf = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
/** `FUZZ_SEED=…` repeats the requests of a run. */
const SEED = settingOf('FUZZ_SEED', randomInt(2 ** 31));
const COUNT = settingOf('FUZZ_COUNT', 100_000);
const SECONDS = settingOf('FUZZ_SECONDS', 240);
const WIDTH = settingOf('FUZZ_WIDTH', 16);
/** How often tokens are renewed, in requests: these may revoke tokens and the keys that signed them. */
const RENEWAL = 1_000;
const MOST_FAULTS = 20;
/** Fewer requests do not reach every route. */
const ENOUGH = 10_000;

/** Weights of routes: faults are most likely with tokens, and each rotation adds keys that are kept. */
const WEIGHTS: ReadonlyMap<string, number> = new Map([
  ['POST /verify', 8],
  ['POST /token', 4],
  ['POST /oauth2/token', 4],
  ['POST /admin/keys/rotate', 0.1],
  ['GET /metrics', 0.2],
  ['DELETE /admin/clients/{id}', 0.3],
  ['DELETE /admin/issuers/{id}', 0.3],
]);

const nameOf = ({ method, pattern }: PlacedOperation | GeneratedRequest): string => `${method} ${pattern}`;

/** A run of generated requests, and what it found. */
class Fuzzer {
  sent = 0;
  unsendable = 0;
  slowestMs = 0;
  /** The first request of each kind of fault. */
  readonly faults = new Map<string, string>();
  /** The requests whose token was valid, although it was not issued. */
  readonly forged: string[] = [];
  /** How often each status was returned, by route. */
  readonly statuses = new Map<string, Map<number, number>>();
  private readonly operations: ReadonlyMap<PlacedOperation, number>;
  private readonly documented: DocumentedResponses;
  private readonly generator: RequestGenerator;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: WIDTH });

  constructor(private readonly fuzzed: FuzzedService) {
    const { document, world } = fuzzed;
    this.operations = new Map(operationsOf(document).map((each) => [each, WEIGHTS.get(nameOf(each)) ?? 1]));
    this.documented = new DocumentedResponses(document);
    this.generator = new RequestGenerator(document, world);
  }

  get routes(): readonly string[] {
    return [...this.operations.keys()].map(nameOf);
  }

  async run(): Promise<void> {
    const end = performance.now() + SECONDS * 1_000;
    const work = async (): Promise<void> => {
      while (this.sent < COUNT && performance.now() < end && this.faults.size < MOST_FAULTS) {
        const number = ++this.sent;
        if (number % RENEWAL === 0) await this.fuzzed.renew();
        await this.sendOne(number);
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, work));
    this.agent.destroy();
  }

  /** The statuses, one line per route. */
  report(): string {
    const lines = [...this.statuses]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([route, counts]) => {
        const list = [...counts]
          .toSorted(([a], [b]) => a - b)
          .map(([status, times]) => `${status} ×${times}`);
        return `${route.padEnd(52)} ${list.join('  ')}`;
      });
    const summary =
      `${this.sent} requests, the slowest answered in ${Math.round(this.slowestMs)} ms; ` +
      `${this.unsendable} that no client could send`;
    return [...lines, summary].join('\n');
  }

  private async sendOne(number: number): Promise<void> {
    const random = new Random(SEED + number * 7_919);
    const made = random.chance(0.15)
      ? this.tokenRequest(random)
      : this.generator.next(random, random.weighted(this.operations));
    const since = performance.now();
    const outcome = await send(this.fuzzed.service.url, made, this.agent);
    this.slowestMs = Math.max(this.slowestMs, performance.now() - since);
    this.check(number, made, outcome);
  }

  /** A mutated token, sent to /verify with an audience that it may have. */
  private tokenRequest(random: Random): GeneratedRequest {
    const { tokens, publicKeys, audiences } = this.fuzzed.world;
    const token = mutatedToken(random, tokens, publicKeys);
    return {
      method: 'POST',
      pattern: '/verify',
      path: '/verify',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ token, aud: random.pick(audiences) })),
    };
  }

  private check(number: number, made: GeneratedRequest, outcome: Outcome): void {
    if (outcome.kind === 'unsendable') {
      this.unsendable++;
      return;
    }
    if (outcome.kind === 'error') {
      // Node rejects overlong headers before it looks at the method, with a body, which HEAD must not have.
      if (made.method === 'HEAD' && outcome.error.code === 'HPE_CLOSED_CONNECTION') return;
      this.blame(number, made, `no response (${outcome.error.message})`);
      return;
    }
    this.count(made, outcome.status);
    const fault = this.documented.faultOf(made, outcome);
    if (fault !== undefined) this.blame(number, made, `${fault} (${outcome.text.slice(0, 200)})`);
    if (made.pattern === '/verify' && outcome.status === 200) {
      const { token } = JSON.parse(String(made.body)) as { readonly token: string };
      if (!this.fuzzed.issued.has(token)) this.forged.push(`request ${number}: ${token}`);
    }
  }

  private count(made: GeneratedRequest, status: number): void {
    const name = nameOf(made);
    const other = made.pattern === undefined ? 'other paths' : 'other methods';
    const row = this.routes.includes(name) ? name : other;
    const counts = this.statuses.get(row) ?? new Map<number, number>();
    this.statuses.set(row, counts.set(status, (counts.get(status) ?? 0) + 1));
  }

  private blame(number: number, made: GeneratedRequest, fault: string): void {
    const { method, pattern, path, headers, body } = made;
    const key = `${method} ${pattern ?? path.slice(0, 40)}: ${fault}`;
    const text = `${method} ${path} ${JSON.stringify(headers)} ${JSON.stringify(body?.toString())}`;
    if (!this.faults.has(key)) this.faults.set(key, `request ${number}: ${text.slice(0, 600)}`);
  }
}

describe(`generated requests to every route of the document (FUZZ_SEED=${SEED})`, () => {
  let fuzzed: FuzzedService;
  let fuzzer: Fuzzer;

  beforeAll(
    async () => {
      fuzzed = await FuzzedService.start();
      fuzzer = new Fuzzer(fuzzed);
      await fuzzer.run();
    },
    SECONDS * 1_000 + 120_000,
  );
  afterAll(() => {
    console.log(fuzzer.report());
  });

  it('get the documented responses, and never 5xx', () => {
    expect(Object.fromEntries(fuzzer.faults)).toEqual({});
  });

  it('find no valid token that was not issued', () => {
    expect(fuzzer.forged).toEqual([]);
  });

  it('reach every route with a status below 300', () => {
    const isReached = (route: string): boolean =>
      [...(fuzzer.statuses.get(route)?.keys() ?? [])].some((status) => status < 300);
    expect(fuzzer.sent >= ENOUGH ? fuzzer.routes.filter((route) => !isReached(route)) : []).toEqual([]);
  });

  it('leave a service that is ready, stops gracefully and has logged no internal error', async () => {
    // An error may be logged only after the response.
    await delay(100);
    const { service } = fuzzed;
    expect((await request(`${service.url}/health/ready`)).status).toBe(200);
    expect(await service.stop()).toBe(0);
    const isFault = ({ msg, err }: Readonly<Record<string, unknown>>): boolean =>
      err !== undefined || msg === 'internal error';
    expect(service.entries(/./).filter(isFault)).toEqual([]);
  });
});
