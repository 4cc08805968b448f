// Revokes tokens over HTTP while the service is killed with SIGKILL at random moments and started again on the same
// SQLite file: every revocation that was answered 200 must hold after each restart. Needs `npm run build` before it.
// Leaves nothing running. `SEED=… npm run test:kill` repeats a run's moments, as far as a machine can repeat them.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Random } from './support/random.js';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const TOKENS = 1_000;
const CONTROLS = 50;
/** How many requests are under way at a time. */
const WIDTH = 16;
const LEAST_KILLS = 8;
const PATIENCE = 60_000;

const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
const random = new Random(seed);
const folder = mkdtempSync(join(tmpdir(), 'identity-backend-kill-'));
const variables = {
  PATH: process.env.PATH,
  NODE_ENV: 'production',
  JWT_SECRET_KEY: 'a-secret-of-the-kill-test-that-no-service-uses-0123456789',
  JWT_EXPIRATION_MINUTES: '60',
  DATABASE_URL: `sqlite:${join(folder, 'identity.db')}`,
  PORT: '0',
  LOG_LEVEL: 'info',
};

let service;

async function start() {
  const child = spawn(process.execPath, [join(DIST, 'main.js')], { cwd: folder, env: variables });
  service = { child, ended: once(child, 'close') };
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const url = /"url":"([^"]+)".*"msg":"listening"/.exec(output)?.[1];
    if (url) return Object.assign(service, { url });
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`It does not start:\n${output}`);
    await delay(10);
  }
}

async function kill() {
  service.child.kill('SIGKILL');
  await service.ended;
}

async function register() {
  const options = ['--id', 'worker', '--audience', 'logging-service', '--json'];
  const command = [join(DIST, 'cli/identity-backend.js'), 'clients', 'create', ...options];
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: folder, env: variables });
  const { client_id, client_secret } = JSON.parse(stdout);
  return `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`;
}

async function post(path, body, headers = {}) {
  const response = await fetch(service.url + path, { method: 'POST', body, headers });
  return { status: response.status, text: await response.text() };
}

/** Does something for each item, so many at a time. */
async function forEach(items, act) {
  const rest = [...items];
  const work = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: WIDTH }, work));
}

async function isRevoked(token) {
  const body = JSON.stringify({ token, aud: 'logging-service' });
  const { text } = await post('/verify', body, { 'content-type': 'application/json' });
  const { valid, code } = JSON.parse(text);
  assert.ok(valid || code === 'token_revoked', `a token is neither good nor revoked: ${text}`);
  return !valid;
}

async function issue(authorization, count) {
  const tokens = [];
  await forEach(Array(count).keys(), async () => {
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    const { status, text } = await post('/oauth2/token', form, { authorization });
    assert.equal(status, 200, text);
    tokens.push(JSON.parse(text).access_token);
  });
  return tokens;
}

/**
 * Revokes until the service is gone, or all is revoked.
 *
 * @returns what was answered 200, and what was asked for and never answered: it may hold or not
 */
async function revokeUntilKilled(authorization, tokens) {
  const killAfter = random.between(20, 140);
  const [answered, unanswered] = [[], []];
  let killed;
  const rest = [...tokens];
  const work = async () => {
    for (let token = rest.shift(); token !== undefined && !killed; token = rest.shift()) {
      const form = new URLSearchParams({ token });
      const answer = await post('/oauth2/revoke', form, { authorization }).catch((error) => {
        if (!killed) throw error;
      });
      if (!answer) {
        unanswered.push(token);
        return;
      }
      assert.deepEqual(answer, { status: 200, text: '' });
      answered.push(token);
      if (answered.length === killAfter) killed = delay(random.between(0, 8)).then(kill);
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, work));
  await (killed ?? kill());
  return { answered, unanswered };
}

async function expectAllRevoked(tokens) {
  let lost = 0;
  await forEach(tokens, async (token) => {
    if (!(await isRevoked(token))) lost++;
  });
  assert.equal(lost, 0, `${lost} of ${tokens.length} revocations were answered 200 and are lost`);
}

console.log(`SEED=${seed}`);
try {
  const authorization = await register();
  await start();
  const tokens = await issue(authorization, TOKENS);
  const controls = await issue(authorization, CONTROLS);
  const waiting = new Set(tokens);
  let kills = 0;
  let heldUnanswered = 0;
  while (waiting.size > 0) {
    const { answered, unanswered } = await revokeUntilKilled(authorization, waiting);
    for (const token of answered) waiting.delete(token);
    kills++;
    await start();
    await expectAllRevoked(answered);
    for (const token of unanswered) if (await isRevoked(token)) heldUnanswered++;
  }
  await expectAllRevoked(tokens);
  await forEach(controls, async (token) => {
    assert.equal(await isRevoked(token), false, 'a token is revoked that nobody took back');
  });
  assert.ok(kills >= LEAST_KILLS, `killed ${kills} times only`);
  console.log(
    `ok: ${tokens.length} revocations were answered 200 over ${kills} kills, and every one holds ` +
      `(${heldUnanswered} were killed after they were written and before they were answered)`,
  );
} catch (error) {
  console.error(`Failed with SEED=${seed}`);
  throw error;
} finally {
  if (service?.child.exitCode === null && service.child.signalCode === null) await kill();
  rmSync(folder, { recursive: true, force: true });
}
