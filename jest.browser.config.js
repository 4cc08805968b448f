import { project } from './jest.config.js';

/** The tests that need Debian's Chromium; see CONTRIBUTING.md. */
export default {
  ...project,
  displayName: 'browser',
  testMatch: ['<rootDir>/test/browser/**/*.test.ts'],
  maxWorkers: '100%',
  testTimeout: 120_000,
};
