// Draws a flame graph, flame.svg, of the service under load: how POST /token or /verify spends its time.
// Run after `npm run build`: node bench/flame.js [/token | /verify]
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { casesFor } from './cases.js';
import { checkAnswers } from './check-answers.js';
import { machine } from './machine.js';
import { measure } from './measure.js';
import { launcher } from './servers.js';

/**
 * @typedef {object} Frame
 * @property {string} name
 * @property {number} time microseconds, callees included
 * @property {Map<string, Frame>} callees
 */

const SECONDS = 10;
const INTERVAL = 500;
const WIDTH = 1200;
const ROW = 17;
/** Narrower frames, in pixels, are omitted. */
const NARROWEST = 1.5;
/** Frames that are not work, or belong to the start of the process and not to a request. */
const LEFT_OUT = ['(idle)', '(program)', 'run', 'asyncRunEntryPointWithESMLoader'];

const path = process.argv[2] ?? '/token';
const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const { folder, start, stop, stopAll } = launcher();
try {
  const sampling = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${INTERVAL}`];
  const server = await start('identity-backend', [process.execPath, ...sampling, main]);
  const token = await checkAnswers([server]);
  const testCase = casesFor(token).find((each) => each.path === path);
  if (!testCase) throw new Error(`There is no case ${path}`);
  await measure(server, testCase, { seconds: SECONDS, connections: 32 });
  // The profile is written as the process ends.
  await stop(server);
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile')) ?? '';
  const root = framesOf(JSON.parse(readFileSync(join(folder, file), 'utf8')));
  const drawing = draw(root, `POST ${path}, processor time by function; ${machine()}`);
  writeFileSync(new URL('flame.svg', import.meta.url), drawing);
} finally {
  await stopAll();
}

/**
 * @param {{ nodes: { id: number, callFrame: { functionName: string, url: string }, children?: number[] }[], samples: number[], timeDeltas: number[] }} profile
 * @returns {Frame} the root; calls of functions with the same name by the same callers are one frame
 */
function framesOf({ nodes, samples, timeDeltas }) {
  const times = new Map();
  for (const [at, id] of samples.entries()) times.set(id, (times.get(id) ?? 0) + (timeDeltas[at] ?? 0));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  /** @type {(node: (typeof nodes)[number], frame: Frame) => number} */
  const add = (node, frame) => {
    let time = times.get(node.id) ?? 0;
    for (const id of node.children ?? []) {
      const child = /** @type {typeof node} */ (byId.get(id));
      const name = child.callFrame.functionName || '(anonymous)';
      if (LEFT_OUT.includes(name)) continue;
      const callee = frame.callees.get(name) ?? { name, time: 0, callees: new Map() };
      frame.callees.set(name, callee);
      time += add(child, callee);
    }
    frame.time += time;
    return time;
  };
  /** @type {Frame} */
  const root = { name: 'all', time: 0, callees: new Map() };
  const [first] = nodes;
  if (first) add(first, root);
  return root;
}

/**
 * @param {Frame} root
 * @param {string} title
 * @returns {string} an SVG; hovering over a frame shows its name and share
 */
function draw(root, title) {
  const scale = WIDTH / root.time;
  let rows = 0;
  /** @type {string[]} */
  const parts = [];
  /** @type {(frame: Frame, x: number, row: number) => void} */
  const place = (frame, x, row) => {
    const width = frame.time * scale;
    if (width < NARROWEST) return;
    rows = Math.max(rows, row + 1);
    const y = 30 + row * ROW;
    const share = ((100 * frame.time) / root.time).toFixed(1);
    const label = escaped(frame.name.slice(0, Math.floor(width / 7)));
    parts.push(
      `<g><title>${escaped(frame.name)} ${share} %</title><rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="hsl(${20 + ((row * 13) % 35)},85%,72%)"/><text x="${(x + 3).toFixed(1)}" y="${y + 12}">${label}</text></g>`,
    );
    let left = x;
    const callees = [...frame.callees.values()].sort((one, other) => other.time - one.time);
    for (const callee of callees) {
      place(callee, left, row + 1);
      left += callee.time * scale;
    }
  };
  place(root, 0, 0);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${40 + rows * ROW}" font-family="monospace" font-size="11">`,
    '<rect width="100%" height="100%" fill="white"/>',
    `<text x="4" y="18">${escaped(title)}</text>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);
}
