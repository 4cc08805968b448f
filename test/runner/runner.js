import * as nodeModule from 'node:module';
import { pathToFileURL } from 'node:url';
import circus from 'jest-circus/runner';
import { mocker, useGlobals } from './globals.js';
import * as hooks from './hooks.js';
import { traceTypeScript } from './stack-trace.js';

const require = nodeModule.createRequire(import.meta.url);

/** @type {{ registerHooks?: (given: typeof hooks) => void }} */
const { registerHooks } = /** @type {any} */ (nodeModule);
// Node 20 has only hooks that run in a thread of their own.
if (registerHooks) registerHooks(hooks);
else nodeModule.register('./hooks.js', import.meta.url);

let imports = 0;

/**
 * The parts of jest's runtime that jest-circus needs. A suite is loaded by Node's own `import`, so Nest,
 * TypeORM and the service are loaded once per worker; once per suite, they took more than half of the CPU
 * time of all tests.
 */
const nativeRuntime = {
  requireModule: require,
  /** jest-circus collects tests in module state and has no reset, so each suite gets a fresh copy. */
  requireInternalModule(path) {
    delete require.cache[path];
    delete globalThis[Symbol.for('EVENT_HANDLERS')];
    return require(path);
  },
  setGlobalsForRuntime: useGlobals,
  unstable_shouldLoadAsEsm: () => true,
  /** Suites and setup files run as often as jest imports them, so they must bypass the module cache. */
  unstable_importModule: (path) => import(`${pathToFileURL(path).href}?${++imports}`),
  enterTestCode() {},
  leaveTestCode() {},
  clearAllMocks: () => mocker.clearAllMocks(),
  resetAllMocks: () => mocker.resetAllMocks(),
  restoreAllMocks: () => mocker.restoreAllMocks(),
};

/** A jest test runner: jest-circus without a realm per suite. */
export default async function run(globalConfig, config, environment, _runtime, testPath, sendMessageToJest) {
  // jest-runner has just installed a formatter that knows only what jest itself compiled.
  traceTypeScript();
  const variables = { ...process.env };
  const result = await circus.default(
    globalConfig,
    config,
    environment,
    nativeRuntime,
    testPath,
    sendMessageToJest,
  );
  const changed = restoreVariables(variables);
  return changed.length > 0
    ? failed(result, `The suite left process.env changed: ${changed.join(', ')}`)
    : result;
}

/** @returns the names of the environment variables that had changed */
function restoreVariables(variables) {
  const names = new Set([...Object.keys(process.env), ...Object.keys(variables)]);
  const changed = [...names].filter((name) => process.env[name] !== variables[name]);
  for (const name of changed) {
    if (variables[name] === undefined) delete process.env[name];
    else process.env[name] = variables[name];
  }
  return changed;
}

/** Later suites of the worker would see what this one left, so it fails as a whole. */
function failed(result, message) {
  return {
    ...result,
    testExecError: { message, stack: '' },
    failureMessage: `${result.failureMessage ?? ''}\n  ● ${message}\n`,
  };
}
