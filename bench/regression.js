// Fails if a token has become much more expensive: the service may take at most BOUND times the processor
// time of the bare Fastify server that is measured next to it. To notice a bound that is too wide, the
// service is also measured with a mistake that was once made (string-secret.js), which must exceed the bound.
// Run after `npm run build`: node bench/regression.js
import { casesFor } from './cases.js';
import { checkAnswers } from './check-answers.js';
import { measure } from './measure.js';
import { CPU_AVAILABLE } from './processor.js';
import { median } from './quantile.js';
import { launcher } from './servers.js';

/** Wide enough for a busy machine: on a quiet one, the ratio is below 2. */
const BOUND = 3;
const ROUNDS = 7;
const LOAD = { seconds: 1, connections: 32 };
const CASES = ['/token', '/verify'];

if (!CPU_AVAILABLE) {
  console.log('Skipped: processor time can be measured on Linux only');
  process.exit();
}
const { start, stopAll } = launcher();
try {
  const bare = await start('bare Fastify', 'bench/peers/bare-fastify.js');
  const service = await start('identity-backend', 'dist/main.js');
  const mistaken = await start('with a string secret', 'bench/string-secret.js');
  const token = await checkAnswers([bare, service, mistaken]);
  const cases = casesFor(token).filter(({ path }) => CASES.includes(path));
  let failed = false;
  for (const testCase of cases) {
    for (const server of [bare, service, mistaken]) await measure(server, testCase, LOAD);
    /** @type {Map<string, number[]>} */
    const ratios = new Map([service, mistaken].map(({ name }) => [name, []]));
    for (let round = 0; round < ROUNDS; round++) {
      const base = (await measure(bare, testCase, LOAD)).cpu ?? NaN;
      for (const server of [service, mistaken]) {
        ratios.get(server.name)?.push(((await measure(server, testCase, LOAD)).cpu ?? NaN) / base);
      }
    }
    const [own = NaN, other = NaN] = [...ratios.values()].map(median);
    const mistakeIsSeen = testCase.path !== '/token' || other > BOUND;
    const passes = own <= BOUND && mistakeIsSeen;
    failed ||= !passes;
    console.log(
      `${passes ? 'ok' : 'FAILED'}: ${testCase.path} takes ${own.toFixed(2)} times the processor time of a bare Fastify, of ${BOUND} allowed; with a string secret ${other.toFixed(2)}`,
    );
  }
  process.exitCode = failed ? 1 : 0;
} finally {
  await stopAll();
}
