/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  // Jest would leave one of two cores idle.
  maxWorkers: 2,
  // A busy machine is no fault of the service.
  testTimeout: 20_000,
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/test/browser/', '/test/system/'],
  setupFiles: ['<rootDir>/test/support/errors-of-node.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
};
