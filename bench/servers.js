import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {object} Server
 * @property {string} name
 * @property {string} origin
 * @property {number} pid
 * @property {number} startMilliseconds from the start of its process to its first response
 */

const START_TIMEOUT = 60_000;
const STOP_TIMEOUT = 5_000;

/**
 * Starts and stops servers, each in its own process with production settings. They run in a temporary folder,
 * so that no `.env` of the caller is read.
 */
export function launcher() {
  const folder = mkdtempSync(join(tmpdir(), 'identity-bench-'));
  const secret = randomBytes(48).toString('base64url');
  /** @type {Map<number, import('node:child_process').ChildProcess>} */
  const running = new Map();
  // This also runs if a signal or an uncaught exception ends the process.
  process.once('exit', () => {
    for (const child of running.values()) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  /**
   * @param {string} name
   * @param {string | readonly string[]} script a path relative to the package, or another program and its
   *   arguments
   * @param {string} [database] the SQLite file of the service
   * @param {Readonly<Record<string, string>>} [variables] settings in addition to those of all servers
   * @returns {Promise<Server>}
   */
  async function start(name, script, database = join(folder, 'empty.db'), variables = {}) {
    const port = await freePort();
    const begin = performance.now();
    const [program, ...args] =
      typeof script === 'string'
        ? [process.execPath, fileURLToPath(new URL(`../${script}`, import.meta.url))]
        : script.map((part) => part.replace('{port}', String(port)));
    const child = spawn(program ?? '', args, {
      cwd: folder,
      env: { ...environment(secret, port), DATABASE_URL: `sqlite:${database}`, ...variables },
      // The log is written as usual, but to the null device, so that it fills no disk.
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const pid = /** @type {number} */ (child.pid);
    running.set(pid, child);
    child.once('exit', () => running.delete(pid));
    const origin = `http://127.0.0.1:${port}`;
    await answering(name, origin, child);
    return { name, origin, pid, startMilliseconds: Math.round(performance.now() - begin) };
  }

  /** @param {Server} server */
  async function stop({ pid }) {
    const child = running.get(pid);
    if (child) await ended(child);
  }

  async function stopAll() {
    await Promise.all([...running.values()].map(ended));
  }

  return { folder, start, stop, stopAll };
}

/**
 * @param {string} secret
 * @param {number} port
 */
function environment(secret, port) {
  return {
    PATH: process.env['PATH'],
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: String(port),
    JWT_SECRET_KEY: secret,
    TOKEN_ENDPOINT_AUTH: 'none',
    METRICS: 'true',
    LOG_LEVEL: 'info',
    // Requests are counted, but the limit is never reached.
    RATE_LIMIT_MAX: '100000000',
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * @param {string} name
 * @param {string} origin
 * @param {import('node:child_process').ChildProcess} child
 */
async function answering(name, origin, child) {
  const deadline = Date.now() + START_TIMEOUT;
  while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    const answer = await fetch(`${origin}/ping`).catch(() => undefined);
    if (answer?.ok) return;
    await wait(10);
  }
  throw new Error(`${name} did not start`);
}

/** @param {import('node:child_process').ChildProcess} child */
async function ended(child) {
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT);
  await exit;
  clearTimeout(kill);
}
