// Tries the built service as it is run: started from an empty folder, with right and with wrong settings, and stopped
// by a signal while a request is under way; its command line; and the commands of the README that need both. Needs
// `npm run build` before it. Leaves nothing running.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { halfRequest, isRunning, MAIN, ROOT, within } from './support/built-service.js';
import { freePort } from './support/free-port.js';

const COMMAND_LINE = join(ROOT, 'dist/cli/identity-backend.js');
const CREATE_ADMIN = [COMMAND_LINE, 'clients', 'create', '--id', 'admin', '--create'];
const STRONG = 'smoke-test-secret-that-no-service-uses-0123456789';
const PATIENCE = 60_000;
/** After so many milliseconds the service has the half of a request that was sent. */
const ON_ITS_WAY = 200;

const folder = mkdtempSync(join(tmpdir(), 'identity-backend-smoke-'));
/** Everything that was started, so that nothing is left running: children, and services below them by process id. */
const children = new Set();
const serviceIds = new Set();

/** Only these variables: what the caller's environment sets must not decide the outcome. */
const surroundings = Object.fromEntries(
  ['PATH', 'HOME', 'TMPDIR', 'SystemRoot']
    .filter((name) => process.env[name])
    .map((name) => [name, process.env[name]]),
);

function start(command, args, variables, cwd = folder) {
  const child = spawn(command, args, {
    cwd,
    env: { ...surroundings, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const run = { child, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (run.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (run.stderr += text));
  run.ended = once(child, 'close').then(([code, signal]) => {
    children.delete(child);
    return signal ?? code;
  });
  return run;
}

/** The first line of the log with this message. */
async function logged(run, message) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    for (const line of run.stdout.split('\n')) {
      if (!line.startsWith('{') || !line.endsWith('}')) continue;
      const entry = JSON.parse(line);
      if (entry.msg === message) return entry;
    }
    const over = run.child.exitCode !== null || run.child.signalCode !== null || Date.now() > deadline;
    if (over) throw new Error(`No "${message}" in the log:\n${run.stdout}${run.stderr}`);
    await delay(20);
  }
}

async function listening(run) {
  const { url, pid } = await logged(run, 'listening');
  serviceIds.add(pid);
  return { url, pid };
}

async function post(url, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE),
  });
  return { status: response.status, body: await response.json() };
}

/** An empty folder, for a service with a database of its own. */
function emptyFolder(name) {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

/** The outcome of a command that ends by itself. */
async function outcomeOf(command, args, variables, cwd) {
  const run = start(command, args, variables, cwd);
  const code = await within(run.ended, [command, ...args].join(' '));
  return { code, stdout: run.stdout, stderr: run.stderr };
}

/** Both the service and the command line refuse to start: with 78, these words, and without a change of the file. */
async function bothRefuse(cwd, database, variables, words) {
  const before = readFileSync(database);
  for (const args of [[MAIN], [COMMAND_LINE, 'clients', 'list']]) {
    const { code, stderr } = await outcomeOf(process.execPath, args, { PORT: '0', ...variables }, cwd);
    assert.equal(code, 78, `the exit code of ${args.join(' ')}:\n${stderr}`);
    assert.match(stderr, words);
    assert.deepEqual(readFileSync(database), before, 'the file has changed');
  }
}

/** The blocks of the README that need the built service and its command line, each with the JSON that it answers. */
function commandsOfReadme() {
  const block =
    /^```bash (?<kind>run-cli|service)\n(?<script>.*?)^```$(?:\n\n```json\n(?<answer>.*?)^```$)?/gms;
  return [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(block)].map(({ groups }) => groups);
}

/** The names and types of what is in a value of JSON. */
function shapeOf(value) {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member)]));
}

/** Stops the service by a signal to the child while a request is under way: it is answered, and the child exits 0. */
async function stopsInGoodOrder(run, { url, pid }) {
  const request = await halfRequest(url);
  await delay(ON_ITS_WAY);
  run.child.kill('SIGTERM');
  await logged(run, 'stopping');
  assert.match(await within(request.finish(), 'the answer'), /^HTTP\/1\.1 200 OK\r\n.*"token":"ey/s);
  assert.equal(await within(run.ended, 'stopping'), 0, 'the exit code after SIGTERM');
  assert.equal(isRunning(pid), false, 'the service is still running');
  serviceIds.delete(pid);
}

const checks = {
  async 'starts without settings, issues a token and verifies it'() {
    const run = start(process.execPath, [MAIN], { PORT: '0' });
    const service = await listening(run);
    const ping = await fetch(`${service.url}/ping`);
    assert.deepEqual([ping.status, await ping.text()], [200, 'OK']);
    const issued = await post(`${service.url}/token`, { sub: 'user-42', aud: 'logging-service' });
    assert.equal(issued.status, 200);
    const verdict = await post(`${service.url}/verify`, { token: issued.body.token, aud: 'logging-service' });
    assert.deepEqual([verdict.status, verdict.body.valid, verdict.body.claims.sub], [200, true, 'user-42']);
    const kept = join(folder, 'data/jwt-secret-key');
    assert.equal(statSync(kept).mode & 0o777, 0o600, 'the mode of the kept secret');
    await logged(run, `JWT_SECRET_KEY is not set: made one and kept it in ${kept}`);
    await stopsInGoodOrder(run, service);
    const everything = run.stdout + run.stderr;
    assert.ok(!everything.includes(issued.body.token), 'the log holds the token');
    assert.ok(!everything.includes(readFileSync(kept, 'utf8')), 'the log holds the secret');
  },

  async 'is ready on an empty SQLite database, and says how soon'() {
    const times = [];
    for (let index = 0; index < 5; index++) {
      const begun = performance.now();
      const run = start(process.execPath, [MAIN], { PORT: '0' }, emptyFolder(`ready-${index}`));
      const { url, pid } = await listening(run);
      assert.equal((await fetch(`${url}/health/ready`)).status, 200);
      times.push(Math.round(performance.now() - begun));
      run.child.kill('SIGTERM');
      assert.equal(await within(run.ended, 'stopping'), 0);
      serviceIds.delete(pid);
    }
    // Not judged: it depends on what else the machine does. The aim is 1,500 ms.
    console.log(
      `    from the start of the process to the first 200 of /health/ready: ${times.join(', ')} ms`,
    );
  },

  async 'ends at once on a second signal, and within 10 seconds of the first if a request never ends'() {
    for (const signals of [2, 1]) {
      const run = start(process.execPath, [MAIN], { PORT: '0' }, emptyFolder(`signals-${signals}`));
      const { url, pid } = await listening(run);
      await halfRequest(url);
      await delay(ON_ITS_WAY);
      const begun = performance.now();
      run.child.kill('SIGTERM');
      await logged(run, 'stopping');
      // Within a second it would count as the same signal.
      if (signals === 2) await delay(1_300).then(() => run.child.kill('SIGTERM'));
      const code = await within(run.ended, 'the end');
      assert.equal(code, signals === 2 ? 1 : 0);
      serviceIds.delete(pid);
      const took = performance.now() - begun;
      console.log(`    ${signals} signals: ended after ${Math.round(took)} ms`);
      assert.ok(took < (signals === 2 ? 5_000 : 10_000));
    }
  },

  async 'exits 78 on wrong settings, names all of them and shows no value'() {
    const wrong = {
      JWT_EXPIRATION_MINUTES: 'wrong-one',
      JWT_ALGORITHM: 'wrong-two',
      JWT_CLOCK_TOLERANCE_SECONDS: '61061',
      PORT: 'wrong-three',
      TRUST_PROXY: 'wrong-four',
      DEBUG_ENV: 'wrong-five',
      CORS_ORIGINS: 'wrong-six',
    };
    const run = start(process.execPath, [MAIN], wrong);
    assert.equal(await within(run.ended, 'the refusal'), 78);
    for (const [name, value] of Object.entries(wrong)) {
      assert.ok(run.stderr.includes(name), `${name} is not named:\n${run.stderr}`);
      assert.ok(!(run.stderr + run.stdout).includes(value), `the value of ${name} is shown:\n${run.stderr}`);
    }
  },

  async 'refuses placeholders, short secrets and no secret in production'() {
    for (const secret of ['<strong-shared-secret>', 'changeme'.repeat(8), 'short-but-unusual-7431', '']) {
      const run = start(process.execPath, [MAIN], {
        NODE_ENV: 'production',
        JWT_SECRET_KEY: secret,
        PORT: '0',
      });
      assert.equal(await within(run.ended, 'the refusal'), 78, `with the secret "${secret}"`);
      assert.match(run.stderr, /JWT_SECRET_KEY/);
      assert.ok(secret === '' || !(run.stderr + run.stdout).includes(secret), 'the secret is shown');
    }
  },

  async 'in production closes /token, /debug-env and /metrics'() {
    const run = start(process.execPath, [MAIN], {
      NODE_ENV: 'production',
      JWT_SECRET_KEY: STRONG,
      PORT: '0',
    });
    const { url, pid } = await listening(run);
    assert.equal((await post(`${url}/token`, { sub: 'user-42', aud: 'logging-service' })).status, 401);
    assert.equal((await fetch(`${url}/debug-env`)).status, 404);
    assert.equal((await fetch(`${url}/metrics`)).status, 404);
    run.child.kill('SIGTERM');
    assert.equal(await within(run.ended, 'stopping'), 0);
    serviceIds.delete(pid);
  },

  async 'exits 78 on an SQLite file that is damaged or none at all, and leaves it as it is'() {
    const cwd = emptyFolder('damaged');
    const database = join(cwd, 'data/identity.db');
    const words = /The SQLite file \S*identity\.db cannot be used: .*backup/;
    assert.equal((await outcomeOf(process.execPath, CREATE_ADMIN, {}, cwd)).code, 0);
    const bytes = readFileSync(database);
    writeFileSync(database, bytes.fill('x', bytes.length / 2, bytes.length / 2 + 4096));
    await bothRefuse(cwd, database, {}, words);
    writeFileSync(database, 'Once this was a database. '.repeat(1_000));
    await bothRefuse(cwd, database, {}, words);
  },

  async 'exits 78 on another KEY_ENCRYPTION_KEY, and leaves the keys as they are'() {
    const cwd = emptyFolder('encrypted');
    const made = await outcomeOf(process.execPath, CREATE_ADMIN, { KEY_ENCRYPTION_KEY: STRONG }, cwd);
    assert.equal(made.code, 0, made.stderr);
    const other = { KEY_ENCRYPTION_KEY: `other-${STRONG}` };
    const words = /KEY_ENCRYPTION_KEY does not open .*Nothing was overwritten/;
    await bothRefuse(cwd, join(cwd, 'data/identity.db'), other, words);
    const changed = { ...other, KEY_ENCRYPTION_KEY_PREVIOUS: STRONG };
    const list = [COMMAND_LINE, 'clients', 'list', '--json'];
    const { code, stdout } = await outcomeOf(process.execPath, list, changed, cwd);
    assert.equal(code, 0, 'the former key opens them');
    assert.deepEqual(
      JSON.parse(stdout).clients.map(({ client_id }) => client_id),
      ['admin'],
    );
  },

  async 'does what the README says, from the first client to the first token'() {
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const variables = {
      PORT: String(port),
      DATABASE_URL: `sqlite:${join(emptyFolder('readme'), 'identity.db')}`,
      JWT_SECRET_KEY: STRONG,
      KEY_ENCRYPTION_KEY: `other-${STRONG}`,
      NO_PROXY: '127.0.0.1',
      // What npx remembers of an earlier build in this folder must not decide the outcome.
      npm_config_cache: join(folder, 'npm'),
    };
    const blocks = commandsOfReadme();
    const at = blocks.findIndex(({ kind }) => kind === 'service');
    assert.ok(at > 0 && blocks.length > 5, 'the README has no such commands');
    // One shell for all of them, as a reader has; the service takes a terminal of its own, and the shell waits for it.
    const script = blocks
      .map(({ script: text }, index) =>
        index === at ? `until curl -sf ${origin}/ping >&2; do sleep 0.1; done` : text,
      )
      .map((text) => text.replaceAll('http://127.0.0.1:3000', origin))
      .join(`\nprintf '\\036'\n`);
    const run = start('bash', ['-euo', 'pipefail', '-c', script], variables, ROOT);
    const outputs = () => run.stdout.split('\x1e');
    while (outputs().length <= at && run.child.exitCode === null) await delay(50);
    const service = start('bash', ['-c', `exec ${blocks[at].script}`], variables, ROOT);
    await listening(service);
    assert.equal(await within(run.ended, 'the commands of the README'), 0, run.stderr);
    for (const [index, { script: text, answer }] of blocks.entries()) {
      if (answer === undefined) continue;
      assert.deepEqual(shapeOf(JSON.parse(outputs()[index])), shapeOf(JSON.parse(answer)), text);
    }
    service.child.kill('SIGTERM');
    assert.equal(await within(service.ended, 'stopping'), 0);
  },

  async '`npm start` passes SIGTERM on'() {
    const run = start('npm', ['start'], { PORT: '0', JWT_SECRET_KEY: STRONG, NODE_ENV: 'development' }, ROOT);
    await stopsInGoodOrder(run, await listening(run));
  },
};

try {
  for (const [name, check] of Object.entries(checks)) {
    await check();
    console.log(`ok: ${name}`);
  }
} finally {
  for (const child of children) child.kill('SIGKILL');
  for (const pid of serviceIds) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
