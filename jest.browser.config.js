import base from './jest.config.js';

/** The tests that need Debian's Chromium; see README, "Development". */
export default {
  ...base,
  testPathIgnorePatterns: [],
  testMatch: ['**/test/browser/**/*.test.ts'],
  testTimeout: 120_000,
};
