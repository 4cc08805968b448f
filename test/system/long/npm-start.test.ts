import { appendFileSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT } from '../../support/built-service.js';
import { BUILDING, Checkout, startSettings } from '../../support/checkout.js';
import { halfRequest } from '../../support/half-request.js';
import { request } from '../../support/http-request.js';
import { type Program, within } from '../../support/program.js';
import { until } from '../../support/until.js';

let checkout: Checkout;

beforeAll(() => {
  checkout = Checkout.make();
});

const urlOf = async (service: Program): Promise<string> =>
  String((await service.logged(/^listening$/))[0]?.['url']);

/** The exit code and the output of a program that ends by itself. */
const outcomeOf = async (program: Program): Promise<readonly [code: unknown, text: string]> => [
  await within(program.ended, 'the end'),
  program.text,
];

describe('`npm start`', () => {
  it('builds before the first start only, and announces it', async () => {
    const first = checkout.npmStart();
    await urlOf(first);
    expect(first.text).toMatch(BUILDING);
    first.killGroup('SIGTERM');
    expect(await within(first.ended, 'the end')).toBe(0);
    const second = checkout.npmStart();
    await urlOf(second);
    expect(second.text).not.toMatch(BUILDING);
    expect(await second.stop()).toBe(0);
    expect(checkout.leftovers()).toEqual([]);
  });

  it.each(['src/version.ts', 'package-lock.json', 'tsconfig.json', 'scripts/bundle.js'])(
    'builds again after a change of %s',
    async (name) => {
      appendFileSync(join(checkout.folder, name), '\n');
      expect(await outcomeOf(checkout.npmStart('--version'))).toEqual([0, expect.stringMatching(BUILDING)]);
    },
  );

  it('starts two services at the same time after a change', async () => {
    checkout.changeSources('two at once');
    const both = [checkout.npmStart(), checkout.npmStart()];
    for (const service of both) await urlOf(service);
    for (const service of both) expect(await service.stop()).toBe(0);
  });

  it('starts the existing build without build tools, and exits 1 if it is outdated', async () => {
    const copy = checkout.copyWithoutTools();
    const service = copy.npmStart();
    await urlOf(service);
    expect(await service.stop()).toBe(0);
    appendFileSync(join(copy.folder, 'src/version.ts'), '\n');
    expect(await outcomeOf(copy.npmStart())).toEqual([
      1,
      expect.stringMatching(/not installed\. Run: npm ci --include=dev && npm run build/),
    ]);
  });

  it('keeps the previous build if a build fails, and prints what to run', async () => {
    const broken = checkout.copyWithoutTools();
    rmSync(join(broken.folder, 'node_modules'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(broken.folder, 'node_modules'));
    const manifest = join(broken.folder, 'dist/build.json');
    const before = readFileSync(manifest, 'utf8');
    appendFileSync(join(broken.folder, 'src/version.ts'), '\nexport const wrong: number = "text";\n');
    expect(await outcomeOf(broken.npmStart())).toEqual([
      1,
      expect.stringMatching(
        /dist is as it was\. After a correction, run: npm ci --include=dev && npm run build/,
      ),
    ]);
    expect(readFileSync(manifest, 'utf8')).toBe(before);
    expect(broken.leftovers()).toEqual([]);
  });

  it.each([
    ['SIGTERM', 'to npm'],
    ['SIGTERM', 'to its whole group'],
    ['SIGINT', 'to npm'],
    ['SIGINT', 'to its whole group'],
  ] as const)('handles %s %s once', async (signal, receiver) => {
    const service = checkout.npmStart();
    const open = await halfRequest(await urlOf(service));
    await delay(200);
    if (receiver === 'to npm') service.kill(signal);
    else service.killGroup(signal);
    await service.logged(/^stopping$/);
    expect(await within(open.finish(), 'the response')).toMatch(/^HTTP\/1\.1 200 OK\r\n.*"token":"ey/s);
    expect(await within(service.ended, 'the end')).toBe(0);
  });
});

describe('a build', () => {
  it('never exposes a half-finished dist to a service or a command', async () => {
    const service = checkout.start();
    const url = await urlOf(service);
    const environment = startSettings();
    let commands = 0;
    for (let round = 0; round < 3; round++) {
      checkout.changeSources(`round ${round}`);
      const build = checkout.npm('run', 'build');
      while (!build.hasEnded) {
        const command = checkout.command(environment, 'clients', 'create', '--id', `client-${commands++}`);
        expect(await outcomeOf(command)).toEqual([0, expect.anything()]);
      }
      expect(await outcomeOf(build)).toEqual([0, expect.anything()]);
    }
    expect(commands).toBeGreaterThan(5);
    // What a service loads on demand comes from its own build.
    const paths = [
      '/ping',
      '/docs',
      '/docs/swagger-ui-bundle.js',
      '/openapi.json',
      '/metrics',
      '/health/ready',
    ];
    for (const path of paths) {
      const { status } = await request(`${url}${path}`);
      expect([path, status]).toEqual([path, 200]);
    }
    expect(await service.stop()).toBe(0);
  }, 300_000);
});

describe('`node dist/main.js`', () => {
  it('ends at once on a second signal after more than a second', async () => {
    const service = checkout.start();
    await halfRequest(await urlOf(service));
    await delay(200);
    service.kill('SIGTERM');
    await delay(1_300);
    expect(service.hasEnded).toBe(false);
    service.kill('SIGTERM');
    expect(await within(service.ended, 'the end', 1_000)).toBe(1);
  });

  it.each(['1', '2'])('ends with 0 on a signal during the start, with %s workers', async (WORKERS) => {
    for (const milliseconds of [250, 350, 500, 700, 1_000]) {
      const service = checkout.start({ environment: { WORKERS } });
      await delay(milliseconds);
      service.killGroup('SIGTERM');
      expect([milliseconds, ...(await outcomeOf(service))]).toEqual([milliseconds, 0, expect.anything()]);
    }
  });

  it('ends within 10 seconds while its database does not respond', async () => {
    // Accepts connections, but sends nothing.
    const silent = createServer().listen(0, '127.0.0.1');
    await until(() => silent.listening, 5_000);
    const { port } = silent.address() as AddressInfo;
    const DATABASE_URL = `postgres://user@127.0.0.1:${port}/database`;
    const service = checkout.start({ environment: { DATABASE_URL } });
    await delay(1_500);
    const begun = Date.now();
    expect([await service.stop(), service.text]).toEqual([0, expect.anything()]);
    expect(Date.now() - begun).toBeLessThan(10_000);
    silent.close();
  });

  it.each<[parameters: string[], code: number, words: RegExp]>([
    [['--help'], 0, /^Usage: node dist\/main\.js/],
    [['-h'], 0, /^Usage/],
    [['--version'], 0, /^\d+\.\d+\.\d+\n$/],
    [['--port', '3001'], 1, /^Unknown option --port: /],
    [['--port=3001'], 1, /^Unknown option --port: /],
    [['--help', '--port'], 1, /^Unknown option --port: /],
    [['start'], 1, /^Unexpected argument: /],
    [['--'], 1, /^Unexpected argument: /],
    [[''], 1, /^Unexpected argument: /],
    [['a-secret-on-the-command-line'], 1, /^Unexpected argument: (?!.*secret)/],
  ])('with the arguments %j exits with %i, and creates no file', async (parameters, code, words) => {
    const service = checkout.start({ parameters });
    expect(await outcomeOf(service)).toEqual([code, expect.stringMatching(words)]);
    expect(readdirSync(service.cwd)).toEqual([]);
  });

  describe.each(['1', '2'])('with %s workers prints one line if it cannot listen', (WORKERS) => {
    it.each<[name: string, environment: NodeJS.ProcessEnv, words: RegExp]>([
      [
        'on an IP address of another host',
        { HOST: '192.0.2.1', PORT: '3000' },
        /^Cannot listen on 192\.0\.2\.1:3000 .*no such address/,
      ],
      [
        'on a name that does not exist',
        { HOST: 'no.such.name.invalid' },
        /^Cannot listen on no\.such\.name\.invalid:0 .*Set HOST/,
      ],
    ])('%s', async (_name, environment, words) => {
      const [code, text] = await outcomeOf(checkout.start({ environment: { WORKERS, ...environment } }));
      expect([code, text.trim().split('\n')]).toEqual([1, [expect.stringMatching(words)]]);
    });

    it('on a port that is in use', async () => {
      const taken = createServer().listen(0, '127.0.0.1');
      await until(() => taken.listening, 5_000);
      const PORT = String((taken.address() as AddressInfo).port);
      const words = `^Cannot listen on 127\\.0\\.0\\.1:${PORT} \\(HOST, PORT\\): another program uses this port`;
      const [code, text] = await outcomeOf(checkout.start({ environment: { WORKERS, PORT } }));
      expect([code, text.trim().split('\n')]).toEqual([1, [expect.stringMatching(words)]]);
      taken.close();
    });
  });
});

// As PID 1, a process has no default signal handlers. This needs root and Linux.
const describeAsPid1 = Checkout.canUnshare() ? describe : describe.skip;
if (!Checkout.canUnshare())
  process.stderr.write('Left out: as PID 1, as this user may not make a PID namespace\n');

describeAsPid1('as PID 1', () => {
  it.each([
    [400, 'SIGTERM'],
    [1_500, 'SIGTERM'],
    [1_500, 'SIGINT'],
  ] as const)('ends with 0 after %i ms on %s', async (milliseconds, signal) => {
    const service = checkout.startAsPid1();
    await delay(milliseconds);
    const children = readFileSync(`/proc/${service.pid}/task/${service.pid}/children`, 'utf8');
    process.kill(Number(children.split(' ')[0]), signal);
    expect(await outcomeOf(service)).toEqual([0, expect.anything()]);
  });
});
