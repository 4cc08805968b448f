import { project } from './jest.config.js';

/** Tests of the built service and of what it is shipped with; see CONTRIBUTING.md. They measure and open ports. */
export default {
  ...project,
  displayName: 'system',
  testMatch: ['<rootDir>/test/system/**/*.test.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/support/system-clean-up.ts'],
  maxWorkers: 1,
  testTimeout: 240_000,
};
