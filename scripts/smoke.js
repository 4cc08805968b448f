// Tries the built service as it is run: started from an empty folder, with right and with wrong settings, and stopped
// by a signal while a request is under way. Needs `npm run build` before it. Leaves nothing running.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAIN = join(ROOT, 'dist/main.js');
const STRONG = 'smoke-test-secret-that-no-service-uses-0123456789';
const PATIENCE = 60_000;

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

/** A request whose body is half sent; `finish` sends the rest and gives the whole answer. */
async function halfRequest(url) {
  const { hostname, port } = new URL(url);
  const body = JSON.stringify({ sub: 'user-42', aud: 'logging-service' });
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text) => (answer += text));
  const closed = once(socket, 'close');
  const head = ['POST /token HTTP/1.1', `Host: ${hostname}`, 'Content-Type: application/json'];
  socket.write(`${head.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`);
  await delay(200);
  return {
    async finish() {
      socket.write(body.slice(10));
      await closed;
      return answer;
    },
  };
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function within(promise, what) {
  const timer = new AbortController();
  const late = delay(PATIENCE, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`${what} took over ${PATIENCE / 1000} seconds`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    late.catch(() => {});
    timer.abort();
  }
}

/** Stops the service by a signal to the child while a request is under way: it is answered, and the child exits 0. */
async function stopsInGoodOrder(run, { url, pid }) {
  const request = await halfRequest(url);
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
