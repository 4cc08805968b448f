// Measures what the guard adds to a request: its processor time with HS256 and ES256, on requests in the form
// in which Node delivers them, next to the bare signature, jose and two middlewares that others use.
// Run after `npm run build`: node bench/guard.js [--rounds 9]
import { guardContestants } from './guard-contestants.js';
import { compareGuards } from './guard-measure.js';
import { algorithms, requestsFor, serveKeySet } from './guard-tokens.js';
import { machine } from './machine.js';
import { readRounds } from './options.js';
import { tableOfGuards } from './table.js';

const rounds = readRounds('9');
const keySet = await serveKeySet();
try {
  console.log(`${machine()}; ${rounds} rounds, medians\n`);
  for (const algorithm of algorithms) {
    const contestants = await guardContestants(algorithm, keySet.url);
    const rows = await compareGuards(contestants, requestsFor(algorithm), rounds);
    console.log(`${tableOfGuards(algorithm.name, rows)}\n`);
  }
} finally {
  keySet.close();
}
