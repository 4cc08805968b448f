import { mocker, timers } from './globals.js';

/** Runs suites in the process itself; jest's own environments build a realm per suite. */
export default class ProcessEnvironment {
  global = globalThis;
  moduleMocker = mocker;
  fakeTimersModern = timers;
  #console = globalThis.console;
  #exit = process.exit;

  async setup() {}

  /** Undoes what jest-runner and a suite have replaced. */
  async teardown() {
    timers.useRealTimers();
    mocker.restoreAllMocks();
    globalThis.console = this.#console;
    process.exit = this.#exit;
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  getVmContext() {
    return null;
  }
}
