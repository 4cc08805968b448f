import { jestExpect } from '@jest/expect';
import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';

/**
 * What tests import as `@jest/globals`. One instance serves every suite of a worker, as the modules under `support` do;
 * the bindings are live, so an importer always has the functions of the suite that runs now.
 */
export let afterAll, afterEach, beforeAll, beforeEach, describe, it, test;

/** Called before each suite, with functions that collect its tests. */
export function useGlobals(globals) {
  ({ afterAll, afterEach, beforeAll, beforeEach, describe, it, test } = globals);
}

export const expect = jestExpect;

export const mocker = new ModuleMocker(globalThis);
export const timers = new ModernFakeTimers({
  config: /** @type {any} */ ({ fakeTimers: { enableGlobally: false } }),
  global: globalThis,
});

const TIMEOUT = Symbol.for('TEST_TIMEOUT_SYMBOL');

export const jest = {
  fn: mocker.fn.bind(mocker),
  spyOn: mocker.spyOn.bind(mocker),
  restoreAllMocks: () => mocker.restoreAllMocks(),
  useFakeTimers: (options) => timers.useFakeTimers(options),
  useRealTimers: () => timers.useRealTimers(),
  advanceTimersByTime: (ms) => timers.advanceTimersByTime(ms),
  advanceTimersByTimeAsync: (ms) => timers.advanceTimersByTimeAsync(ms),
  getTimerCount: () => timers.getTimerCount(),
  setTimeout: (ms) => {
    globalThis[TIMEOUT] = ms;
  },
};
