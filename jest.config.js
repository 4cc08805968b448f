import { availableParallelism } from 'node:os';

/**
 * What every project shares. Suites run in the process itself: see `test/runner/runner.js`.
 * @type {import('jest').Config}
 */
export const project = {
  roots: ['<rootDir>/test'],
  testEnvironment: '<rootDir>/test/runner/environment.js',
  testRunner: '<rootDir>/test/runner/runner.js',
  injectGlobals: false,
  // The module hooks of the runner compile TypeScript.
  transform: {},
};

/** @type {import('jest').Config} */
export default {
  // Suites wait for processes and timers about a third of their time: with one worker a core, cores would be idle.
  maxWorkers: 2 * availableParallelism(),
  // A busy machine is no fault of the service.
  testTimeout: 20_000,
  workerGracefulExitTimeout: 10_000,
  projects: [
    { ...project, displayName: 'unit', testMatch: ['<rootDir>/test/{unit,contract}/**/*.test.ts'] },
    { ...project, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.test.ts'] },
  ],
};
