// Requests /ping from one server, one request after another, until a message stops it. It runs in a thread of
// its own, because the work of the load generator must not count as waiting.
import { Agent, get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
/** @type {number[]} */
const times = [];
let stopped = false;

/** @returns {Promise<void>} */
function ping() {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const request = get(`${workerData}/ping`, { agent }, (answer) => {
      answer.resume().once('end', () => {
        times.push(performance.now() - begin);
        resolve();
      });
    });
    request.once('error', reject);
  });
}

parentPort?.once('message', () => (stopped = true));
while (!stopped) await ping();
agent.destroy();
parentPort?.postMessage(times);
