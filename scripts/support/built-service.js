// Starts the built service for the scripts that try it, and leaves nothing running. Needs `npm run build` before it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const MAIN = join(ROOT, 'dist/main.js');
export const SECRET = 'secret-of-a-script-that-no-service-uses-0123456789';

const PATIENCE = 60_000;

/** Only these variables: what the caller's environment sets must not decide the outcome. */
const surroundings = Object.fromEntries(
  ['PATH', 'HOME', 'TMPDIR', 'SystemRoot']
    .filter((name) => process.env[name])
    .map((name) => [name, process.env[name]]),
);

const running = new Set();
const folders = new Set();

/** A new folder, removed at the end. */
export function scratchFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'identity-backend-script-'));
  folders.add(folder);
  return folder;
}

/** Ends whatever was started, and removes what was made. */
export function cleanUp() {
  for (const child of running) {
    try {
      // The group, as a service may have started workers.
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      child.kill('SIGKILL');
    }
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/** Runs a command in a group of its own, and collects what it writes. */
export function run(command, parameters, { variables = {}, cwd = scratchFolder() } = {}) {
  const child = spawn(command, parameters, {
    cwd,
    env: { ...surroundings, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.add(child);
  const process_ = { child, pid: child.pid, cwd, output: '', entries: [], answeredBy: new Map() };
  let rest = '';
  const collect = (text) => {
    process_.output = (process_.output + text).slice(-1_000_000);
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (!/^\{.+\}$/.test(line)) continue;
      const entry = JSON.parse(line);
      // Too many to be kept.
      if (entry.audit) continue;
      if (entry.msg !== 'answered') process_.entries.push(entry);
      else process_.answeredBy.set(entry.pid, (process_.answeredBy.get(entry.pid) ?? 0) + 1);
    }
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', (text) => (process_.output += text));
  process_.ended = once(child, 'close').then(([code, signal]) => {
    running.delete(child);
    return signal ?? code;
  });
  return process_;
}

/**
 * Starts the service on a free port, and waits until so many of its processes listen.
 *
 * @returns what `run` does, with the address of the service
 */
export async function startService(variables = {}, { cwd, workers = 1 } = {}) {
  const service = run(process.execPath, [MAIN], {
    variables: { JWT_SECRET_KEY: SECRET, PORT: '0', ...variables },
    ...(cwd && { cwd }),
  });
  const listening = () => service.entries.filter(({ msg }) => msg === 'listening');
  await until(`${workers} listening`, () => {
    if (service.child.exitCode !== null) throw new Error(`It ended:\n${service.output}`);
    return listening().length >= workers;
  });
  return Object.assign(service, { url: listening()[0].url.replace('0.0.0.0', '127.0.0.1') });
}

/** Asks again and again until the answer is yes. */
export async function until(what, holds, milliseconds = PATIENCE) {
  const deadline = Date.now() + milliseconds;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Not within ${milliseconds} ms: ${what}`);
    await delay(20);
  }
}

export async function within(promise, what, milliseconds = PATIENCE) {
  const timer = new AbortController();
  const late = delay(milliseconds, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`Not within ${milliseconds} ms: ${what}`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    late.catch(() => {});
    timer.abort();
  }
}

export const basic = ({ id, secret }) => ({ authorization: `Basic ${btoa(`${id}:${secret}`)}` });
export const json = (value, headers = {}) => ({
  method: 'POST',
  body: JSON.stringify(value),
  headers: { 'content-type': 'application/json', ...headers },
});
export const form = (value, headers = {}) => ({
  method: 'POST',
  body: new URLSearchParams(value).toString(),
  headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
});

/** Makes a request, on a connection of its own unless an agent is given, and reads the whole answer. */
export async function request(
  url,
  { method = 'GET', body, headers = {}, agent = false, timeout = 30_000, localAddress } = {},
) {
  const begun = performance.now();
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const call = http.request(url, {
    method,
    headers: { ...length, ...headers },
    agent,
    timeout,
    localAddress,
  });
  call.on('timeout', () => call.destroy(new Error(`no answer within ${timeout} ms`)));
  call.end(body);
  const [response] = await once(call, 'response');
  // Told to who reads the answer.
  call.on('error', () => {});
  const text = (await response.setEncoding('utf8').toArray()).join('');
  const isJson = response.headers['content-type']?.startsWith('application/json') && text !== '';
  return {
    status: response.statusCode,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
    milliseconds: performance.now() - begun,
  };
}

/** Makes a client by the command line of the built service. */
export async function makeClient(service, variables, id, ...parameters) {
  const command = run(
    process.execPath,
    [join(ROOT, 'dist/cli/identity-backend.js'), 'clients', 'create', '--id', id, ...parameters, '--json'],
    { variables: { JWT_SECRET_KEY: SECRET, ...variables }, cwd: service.cwd },
  );
  const code = await command.ended;
  if (code !== 0) throw new Error(`clients create ended ${code}:\n${command.output}`);
  return { id, secret: /"client_secret": ?"([^"]+)"/.exec(command.output)[1] };
}

/** A request whose body is half sent; `finish` sends the rest and gives the whole answer. */
export async function halfRequest(url) {
  const { hostname, port } = new URL(url);
  const body = JSON.stringify({ sub: 'user-42', aud: 'logging-service' });
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text) => (answer += text));
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  const head = ['POST /token HTTP/1.1', `Host: ${hostname}`, 'Content-Type: application/json'];
  socket.write(`${head.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`);
  return {
    async finish() {
      socket.write(body.slice(10));
      await closed;
      return answer;
    },
  };
}

/** Whether a process runs; on Linux, one that has ended and whose parent has yet to hear of it does not. */
export function isRunning(pid) {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const status = `/proc/${pid}/status`;
  return !existsSync(status) || !/^State:\s+Z/m.test(readFileSync(status, 'utf8'));
}

/** The value below which so many of a hundred values lie. */
export function percentile(values, percent) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? NaN;
}

/** Runs named checks one after another, and ends what they started. */
export async function runChecks(checks) {
  try {
    for (const [name, check] of Object.entries(checks)) {
      const begun = Date.now();
      await check();
      console.log(`ok: ${name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
    }
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    cleanUp();
  }
}
