// Asks one server for /ping, one request after another, until a message stops it. A thread of its own: what the load
// generator does in its thread must not count as waiting.
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
