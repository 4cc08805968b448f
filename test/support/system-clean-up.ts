import { afterAll } from '@jest/globals';
import { killPrograms } from './program.js';
import { removeTemporaryDirectories } from './temporary-directory.js';

// Removes what a system test started or wrote, even if the test failed.
afterAll(async () => {
  await killPrograms();
  removeTemporaryDirectories();
});
