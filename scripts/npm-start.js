// Tries `npm start` and `node dist/main.js` as people and process managers run them: builds beside a running service, signals of
// a terminal, of npm and of a container, arguments, addresses that are taken. Works on a copy of the repository, and needs
// nothing but its packages. Leaves nothing running.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  halfRequest,
  ROOT,
  run,
  runChecks,
  scratchFolder,
  SECRET,
  until,
  within,
} from './support/built-service.js';

const COPIED = [
  'src',
  'scripts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'nest-cli.json',
  'app.cjs',
];
const BUILDING = /building, some 10 seconds/;

const copy = scratchFolder();
for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
const MAIN = join(copy, 'dist/main.js');
const COMMAND_LINE = join(copy, 'dist/cli/identity-backend.js');

const settings = () => ({
  JWT_SECRET_KEY: SECRET,
  KEY_ENCRYPTION_KEY: `other-${SECRET}`,
  PORT: '0',
  DATABASE_URL: `sqlite:${join(scratchFolder(), 'identity.db')}`,
});
const npmStart = (cwd = copy, ...parameters) =>
  run('npm', ['start', ...(parameters.length > 0 ? ['--', ...parameters] : [])], {
    cwd,
    variables: settings(),
  });

async function ended(process_, what) {
  return { code: await within(process_.ended, what), output: process_.output };
}

async function listening(service) {
  await until('listening', () => {
    if (service.child.exitCode !== null) throw new Error(`It ended:\n${service.output}`);
    return service.entries.some(({ msg }) => msg === 'listening');
  });
  return service.entries.find(({ msg }) => msg === 'listening');
}

/** Another build: a text of the command line and one of the service differ. */
function changeSources(text) {
  for (const name of ['src/main.ts', 'src/serve.ts', 'src/cli/identity-backend.ts']) {
    appendFileSync(join(copy, name), `\nif (process.argv.length > 99) throw new Error('${text}');\n`);
  }
}

/** A folder of packages without those that build. */
function withoutTools() {
  const folder = scratchFolder();
  for (const name of [...COPIED, 'dist']) cpSync(join(copy, name), join(folder, name), { recursive: true });
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (['typescript', 'rolldown'].includes(name)) continue;
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
  return folder;
}

async function stopsWell(service, stop) {
  const { url } = await listening(service);
  const request = await halfRequest(url);
  await delay(200);
  stop(service);
  await until('stopping', () => service.entries.some(({ msg }) => msg === 'stopping'));
  assert.match(await within(request.finish(), 'the response'), /^HTTP\/1\.1 200 OK\r\n.*"token":"ey/s);
  assert.equal(await within(service.ended, 'the end'), 0);
}

const checks = {
  async 'builds once, and says so before'() {
    const first = npmStart();
    await listening(first);
    assert.match(first.output, BUILDING);
    process.kill(-first.pid, 'SIGTERM');
    assert.equal(await within(first.ended, 'the end'), 0);
    const second = npmStart();
    await listening(second);
    assert.doesNotMatch(second.output, BUILDING);
    second.child.kill('SIGTERM');
    assert.equal(await within(second.ended, 'the end'), 0);
    assert.ok(!existsSync(join(copy, '.dist.lock')));
    assert.deepEqual(
      readdirSync(copy).filter((name) => name.startsWith('.dist')),
      [],
    );
  },

  async 'builds again after a change of what decides a build'() {
    for (const name of ['src/version.ts', 'package-lock.json', 'tsconfig.json', 'scripts/bundle.js']) {
      const before = readFileSync(join(copy, name));
      appendFileSync(join(copy, name), '\n');
      const result = await ended(npmStart(copy, '--version'), name);
      assert.equal(result.code, 0, result.output);
      assert.match(result.output, BUILDING, name);
      assert.notDeepEqual(readFileSync(join(copy, name)), before);
    }
  },

  async 'two at the same time build once, and both serve'() {
    changeSources('two at once');
    const both = [npmStart(), npmStart()];
    for (const service of both) await listening(service);
    for (const service of both) {
      service.child.kill('SIGTERM');
      assert.equal(await within(service.ended, 'the end'), 0);
    }
  },

  async 'a service and commands of the same folder never meet half a build'() {
    const service = run(process.execPath, [MAIN], { variables: settings() });
    const { url } = await listening(service);
    const variables = settings();
    let commands = 0;
    for (let round = 0; round < 3; round++) {
      changeSources(`round ${round}`);
      const build = run('npm', ['run', 'build'], { cwd: copy });
      let isBuilding = true;
      build.ended.then(() => (isBuilding = false));
      while (isBuilding) {
        const parameters = ['clients', 'create', '--id', `client-${commands++}`];
        const { code, output } = await ended(
          run(process.execPath, [COMMAND_LINE, ...parameters], { variables }),
          'it',
        );
        assert.equal(code, 0, output);
      }
      assert.equal(await build.ended, 0, build.output);
    }
    assert.ok(commands > 5, `${commands} commands`);
    // What a service loads when it is asked comes from its own build.
    for (const path of [
      '/ping',
      '/docs',
      '/docs/swagger-ui-bundle.js',
      '/openapi.json',
      '/metrics',
      '/health/ready',
    ]) {
      const response = await fetch(`${url}${path}`);
      assert.equal(response.status, 200, path);
      await response.arrayBuffer();
    }
    service.child.kill('SIGTERM');
    assert.equal(await within(service.ended, 'the end'), 0);
  },

  async 'without the packages that build, it starts the build that is there'() {
    const folder = withoutTools();
    const service = npmStart(folder);
    await listening(service);
    service.child.kill('SIGTERM');
    assert.equal(await within(service.ended, 'the end'), 0);
    appendFileSync(join(folder, 'src/version.ts'), '\n');
    const { code, output } = await ended(npmStart(folder), 'the refusal');
    assert.equal(code, 1, output);
    assert.match(output, /not installed\. Run: npm ci --include=dev && npm run build/);
  },

  async 'a build that fails leaves the previous one, and says what to run'() {
    const broken = withoutTools();
    rmSync(join(broken, 'node_modules'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(broken, 'node_modules'));
    const before = readFileSync(join(broken, 'dist/build.json'));
    appendFileSync(join(broken, 'src/version.ts'), '\nexport const wrong: number = "text";\n');
    const { code, output } = await ended(npmStart(broken), 'the failure');
    assert.equal(code, 1, output);
    assert.match(
      output,
      /dist is as it was\. After a correction, run: npm ci --include=dev && npm run build/,
    );
    assert.deepEqual(readFileSync(join(broken, 'dist/build.json')), before);
    assert.deepEqual(
      readdirSync(broken).filter((name) => name.startsWith('.dist')),
      [],
    );
  },

  async 'a signal to npm, or to its whole group, counts once'() {
    for (const signal of ['SIGTERM', 'SIGINT']) {
      await stopsWell(npmStart(), (service) => service.child.kill(signal));
      await stopsWell(npmStart(), (service) => process.kill(-service.pid, signal));
    }
  },

  async 'a second signal after more than a second ends it at once'() {
    const service = run(process.execPath, [MAIN], { variables: settings() });
    const request = await halfRequest((await listening(service)).url);
    await delay(200);
    service.child.kill('SIGTERM');
    await delay(1_300);
    assert.equal(service.child.exitCode, null);
    service.child.kill('SIGTERM');
    assert.equal(await within(service.ended, 'the end', 1_000), 1);
    await request.finish().catch(() => {});
  },

  async 'a signal during the start ends it with 0'() {
    for (const WORKERS of ['1', '2']) {
      for (const milliseconds of [250, 350, 500, 700, 1_000]) {
        const service = run(process.execPath, [MAIN], { variables: { ...settings(), WORKERS } });
        await delay(milliseconds);
        process.kill(-service.pid, 'SIGTERM');
        const { code, output } = await ended(service, 'the end');
        assert.equal(code, 0, `after ${milliseconds} ms:\n${output}`);
      }
    }
  },

  async 'a database that does not answer holds no stop up'() {
    // Accepts connections, and says nothing.
    const silent = createServer().listen(0, '127.0.0.1');
    await until('the server', () => silent.listening);
    const DATABASE_URL = `postgres://user@127.0.0.1:${silent.address().port}/database`;
    const service = run(process.execPath, [MAIN], { variables: { ...settings(), DATABASE_URL } });
    await delay(1_500);
    const begun = Date.now();
    service.child.kill('SIGTERM');
    const { code, output } = await ended(service, 'the end');
    assert.equal(code, 0, output);
    assert.ok(Date.now() - begun < 10_000);
    silent.close();
  },

  async 'refuses arguments, and makes nothing'() {
    const cwd = scratchFolder();
    const cases = [
      [['--help'], 0, /^Usage: node dist\/main\.js/],
      [['-h'], 0, /^Usage/],
      [['--version'], 0, /^\d+\.\d+\.\d+\n$/],
      [['--port', '3001'], 1, /^Unknown option --port: /],
      [['--port=3001'], 1, /^Unknown option --port: /],
      [['--help', '--port'], 1, /^Unknown option --port: /],
      [['start'], 1, /^Unexpected argument: /],
      [['--'], 1, /^Unexpected argument: /],
      [[''], 1, /^Unexpected argument: /],
      [[SECRET], 1, /^Unexpected argument: (?!.*secret)/],
    ];
    for (const [parameters, code, words] of cases) {
      const result = await ended(run(process.execPath, [MAIN, ...parameters], { cwd }), parameters.join(' '));
      assert.equal(result.code, code, result.output);
      assert.match(result.output, words);
    }
    assert.deepEqual(readdirSync(cwd), []);
  },

  async 'an address that cannot be used is one line'() {
    const taken = createServer().listen(0, '127.0.0.1');
    await until('the server', () => taken.listening);
    const PORT = String(taken.address().port);
    const cases = [
      [
        { PORT },
        `^Cannot listen on 127\\.0\\.0\\.1:${PORT} \\(HOST, PORT\\): another program uses this port`,
      ],
      [{ HOST: '192.0.2.1', PORT: '3000' }, '^Cannot listen on 192\\.0\\.2\\.1:3000 .*no such address'],
      [{ HOST: 'no.such.name.invalid' }, '^Cannot listen on no\\.such\\.name\\.invalid:0 .*Set HOST'],
    ];
    for (const WORKERS of ['1', '2']) {
      for (const [variables, words] of cases) {
        const service = run(process.execPath, [MAIN], {
          variables: { ...settings(), WORKERS, ...variables },
        });
        const { code, output } = await ended(service, 'the refusal');
        assert.equal(code, 1, output);
        assert.match(output, new RegExp(words));
        assert.equal(output.trim().split('\n').length, 1, output);
      }
    }
    taken.close();
  },
};

/** As PID 1, a process has no default handlers of signals; needs root and Linux. */
const inContainer = {
  async 'ends with 0 as PID 1'() {
    for (const [milliseconds, signal] of [
      [400, 'SIGTERM'],
      [1_500, 'SIGTERM'],
      [1_500, 'SIGINT'],
    ]) {
      const service = run('unshare', ['--fork', '--pid', process.execPath, MAIN], { variables: settings() });
      await delay(milliseconds);
      const [child] = readFileSync(`/proc/${service.pid}/task/${service.pid}/children`, 'utf8').split(' ');
      process.kill(Number(child), signal);
      const { code, output } = await ended(service, 'the end');
      assert.equal(code, 0, output);
    }
  },
};

function hasNamespaces() {
  try {
    execFileSync('unshare', ['--fork', '--pid', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    console.log('left out: as PID 1, as this user may not make a PID namespace');
    return false;
  }
}

await runChecks({ ...checks, ...(hasNamespaces() && inContainer) });
