import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type BuiltService, startService } from '../../support/built-service.js';
import { json, request } from '../../support/http-request.js';
import { percentile } from '../../support/percentile.js';
import { usageOf } from '../../support/process-usage.js';
import { until } from '../../support/until.js';

const WANTED = 10_000;
/** Open files of a process other than the connections. */
const SPARE = 500;
const BYTE_EVERY_MS = 2_000;
/** The longest that another request may take; the attack itself keeps the machine busy. */
const SLOWEST_MS = 2_000;
/** When the last slow connection must be closed: 15 seconds for a request, plus delays of a busy server. */
const CLOSED_BY_MS = 25_000;

const HEADERS = 'POST /verify HTTP/1.1\r\nHost: localhost\r\nX-Slow: ';
const BODY =
  'POST /verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{"token": "';

/** How many connections this process and its children may hold: Node raises its own limit as far as the hard one. */
function mostConnections(): number {
  try {
    const limits = `--nofile=${2 * WANTED}:${2 * WANTED}`;
    execFileSync('prlimit', ['--pid', String(process.pid), limits], { stdio: 'ignore' });
  } catch {
    // Only root may raise it.
  }
  const limit = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' })) || Infinity;
  return Math.min(WANTED, limit - SPARE);
}

/** A connection that sends the rest of a request byte by byte. */
class SlowConnection {
  status = '';
  lastedMs: number | undefined;

  private constructor(private readonly socket: Socket) {
    const begun = Date.now();
    socket.setEncoding('latin1').on('data', (text: string) => (this.status ||= text.slice(9, 12)));
    socket.on('error', () => {});
    socket.on('close', () => (this.lastedMs = Date.now() - begun));
  }

  static async open(url: string, begin: string): Promise<SlowConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    await once(socket, 'connect');
    socket.write(begin);
    return new SlowConnection(socket);
  }

  get isOpen(): boolean {
    return this.lastedMs === undefined;
  }

  sendByte(): void {
    if (!this.socket.destroyed) this.socket.write('a');
  }
}

/** Many slow connections: half of them send their headers, half their bodies. */
class Attack {
  readonly connections: SlowConnection[] = [];
  mostOpen = 0;
  peakMemory = 0;
  private next = 0;

  constructor(
    private readonly service: BuiltService,
    private readonly count: number,
  ) {}

  async run(): Promise<void> {
    const watch = setInterval(() => this.measure(), 250);
    await this.open();
    const tickMs = 20;
    const sender = setInterval(() => this.send((this.count * tickMs) / BYTE_EVERY_MS), tickMs);
    try {
      await until(() => !this.connections.some(({ isOpen }) => isOpen), CLOSED_BY_MS);
    } finally {
      clearInterval(sender);
      clearInterval(watch);
    }
  }

  private async open(): Promise<void> {
    while (this.connections.length < this.count) {
      const length = Math.min(250, this.count - this.connections.length);
      const batch = Array.from({ length }, (_, index) =>
        SlowConnection.open(this.service.url, index % 2 === 0 ? HEADERS : BODY),
      );
      this.connections.push(...(await Promise.all(batch)));
    }
  }

  private send(bytes: number): void {
    for (let index = 0; index < bytes; index++) {
      this.connections[this.next++ % this.connections.length]?.sendByte();
    }
  }

  private measure(): void {
    this.mostOpen = Math.max(this.mostOpen, this.connections.filter(({ isOpen }) => isOpen).length);
    this.peakMemory = Math.max(this.peakMemory, usageOf(this.service.pid).memory);
  }
}

/** Verifies a token repeatedly, each time on a new connection. */
async function measure(
  url: string,
  token: unknown,
  goesOn: (done: number) => boolean,
): Promise<readonly number[]> {
  const times: number[] = [];
  while (goesOn(times.length)) {
    const { status, text, milliseconds } = await request(
      `${url}/verify`,
      json({ token, aud: 'logging-service' }),
    );
    if (status !== 200) throw new Error(`${status} ${text}`);
    times.push(milliseconds);
    await delay(20);
  }
  return times;
}

const described = (times: readonly number[]): string =>
  `${times.length} requests, p50 ${percentile(times, 50).toFixed(1)} ms, ` +
  `p99 ${percentile(times, 99).toFixed(1)} ms, slowest ${Math.max(...times).toFixed(1)} ms`;

const count = mostConnections();

describe(`${count} connections that send a byte every two seconds`, () => {
  let service: BuiltService;
  let attack: Attack;
  let token: unknown;
  let times: readonly number[];

  beforeAll(async () => {
    if (count < WANTED) console.log('The limit of open files cannot be raised');
    service = await startService({ SWAGGER: 'false' });
    const issued = await request(`${service.url}/token`, json({ sub: 'a', aud: 'logging-service' }));
    ({ token } = issued.body);
    const before = await measure(service.url, token, (done) => done < 200);
    const memoryBefore = usageOf(service.pid).memory;
    attack = new Attack(service, count);
    let attacking = true;
    const others = measure(service.url, token, () => attacking);
    await attack.run();
    attacking = false;
    times = await others;
    const lasted = attack.connections.map(({ lastedMs }) => lastedMs ?? NaN);
    const refused = attack.connections.filter(({ status }) => status === '408').length;
    console.log(
      `before: ${described(before)}\nmeanwhile: ${described(times)}\n` +
        `at most ${attack.mostOpen} were open at once; they lasted ${Math.min(...lasted)} to ` +
        `${Math.max(...lasted)} ms; ${refused} got 408\nmemory of the service: ` +
        `${memoryBefore.toFixed(0)} MiB before, ${attack.peakMemory.toFixed(0)} MiB at most`,
    );
  });

  it('are open at the same time, and closed within 25 seconds', () => {
    expect(attack.mostOpen).toBeGreaterThanOrEqual(count * 0.9);
    expect(attack.connections.filter(({ isOpen }) => isOpen)).toEqual([]);
  });

  it('delay no other request beyond 2 seconds', () => {
    expect(Math.max(...times)).toBeLessThanOrEqual(SLOWEST_MS);
  });

  it('leave a service that responds as before and stops gracefully', async () => {
    console.log(`after: ${described(await measure(service.url, token, (done) => done < 200))}`);
    expect(await service.stop()).toBe(0);
  });
});
