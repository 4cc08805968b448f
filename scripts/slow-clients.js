// Holds 10,000 connections to the built service that send a byte every two seconds, half of them within their headers
// and half within their bodies, and measures what others see of it. Needs `npm run build` before it.
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cleanUp, json, percentile, request, startService, until } from './support/built-service.js';

const WANTED = 10_000;
/** Beside the connections, a process has files open. */
const SPARE = 500;
const BYTE_EVERY = 2_000;
/** The longest that an answer to others may take, in milliseconds; the machine is busy with the attack itself. */
const SLOWEST = 2_000;
/** By when the last slow connection must be ended: 15 seconds for a request, and the checks of a busy server. */
const ENDED_BY = 25_000;

const HEADERS = 'POST /verify HTTP/1.1\r\nHost: localhost\r\nX-Slow: ';
const BODY =
  'POST /verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{"token": "';

/** How many files a process may open: Node raises its own limit as far as the hard one. */
const limit = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' })) || Infinity;
if (limit < WANTED + SPARE && process.argv[2] !== 'raised') {
  const command = `ulimit -n ${2 * WANTED} && exec "$0" "$@"`;
  const node = [process.execPath, fileURLToPath(import.meta.url), 'raised'];
  const { status } = spawnSync('sh', ['-c', command, ...node], { stdio: 'inherit' });
  // 2 is what the shell ends with where it may not.
  if (status !== 2) process.exit(status ?? 1);
}
const count = Math.min(WANTED, limit - SPARE);
if (count < WANTED)
  console.log(`Only ${count} connections: the limit of open files is ${limit}, and cannot be raised`);

const memory = (pid) =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

async function slowConnection(url, begin) {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  await once(socket, 'connect');
  const slow = { socket, status: undefined, begun: Date.now(), lasted: undefined };
  socket.setEncoding('latin1').on('data', (text) => (slow.status ??= text.slice(9, 12)));
  socket.on('error', () => {});
  socket.on('close', () => (slow.lasted = Date.now() - slow.begun));
  socket.write(begin);
  return slow;
}

/** Verifies a token again and again while a condition holds, each time on a new connection. */
async function measure(url, token, goesOn) {
  const times = [];
  while (goesOn(times.length)) {
    const answer = await request(`${url}/verify`, json({ token, aud: 'logging-service' }));
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
    times.push(answer.milliseconds);
    await delay(20);
  }
  return times;
}

const show = (what, times) =>
  console.log(
    `${what}: ${times.length} requests, p50 ${percentile(times, 50).toFixed(1)} ms, ` +
      `p99 ${percentile(times, 99).toFixed(1)} ms, slowest ${Math.max(...times).toFixed(1)} ms`,
  );

try {
  const service = await startService({ SWAGGER: 'false' });
  const issued = await request(`${service.url}/token`, json({ sub: 'a', aud: 'logging-service' }));
  const { token } = issued.body;
  show('before', await measure(service.url, token, (done) => done < 200));
  const before = memory(service.pid);

  const slow = [];
  const isOpen = ({ lasted }) => lasted === undefined;
  let attacking = true;
  const others = measure(service.url, token, () => attacking);
  let [most, peak] = [0, before];
  const watch = setInterval(() => {
    most = Math.max(most, slow.filter(isOpen).length);
    peak = Math.max(peak, memory(service.pid));
  }, 250);
  const begun = Date.now();
  while (slow.length < count) {
    const batch = Array.from({ length: Math.min(250, count - slow.length) }, (_, index) =>
      slowConnection(service.url, index % 2 === 0 ? HEADERS : BODY),
    );
    slow.push(...(await Promise.all(batch)));
  }
  console.log(`${slow.length} connections were made in ${Date.now() - begun} ms`);
  let next = 0;
  const tick = 20;
  const sender = setInterval(() => {
    for (let index = 0; index < (count * tick) / BYTE_EVERY; index++) {
      const { socket } = slow[next++ % slow.length];
      if (!socket.destroyed) socket.write('a');
    }
  }, tick);
  await until('every slow connection is ended', () => !slow.some(isOpen), ENDED_BY);
  clearInterval(sender);
  clearInterval(watch);
  attacking = false;
  const times = await others;
  show('meanwhile', times);
  const lasted = slow.map((each) => each.lasted);
  console.log(
    `at most ${most} were open at once; they lasted ${Math.min(...lasted)} to ${Math.max(...lasted)} ms; ` +
      `${slow.filter(({ status }) => status === '408').length} were told 408`,
  );
  console.log(`memory of the service: ${before.toFixed(0)} MB before, ${peak.toFixed(0)} MB at most`);
  show('after', await measure(service.url, token, (done) => done < 200));
  if (Math.max(...times) > SLOWEST) throw new Error(`Others waited for over ${SLOWEST} ms`);
  if (most < count * 0.9) throw new Error('The connections were not open at the same time');
  service.child.kill('SIGTERM');
  if ((await service.ended) !== 0) throw new Error('It did not stop in good order');
  console.log('ok');
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  cleanUp();
}
