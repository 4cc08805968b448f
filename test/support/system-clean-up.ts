import { afterAll } from '@jest/globals';
import { killPrograms } from './program.js';
import { removeTemporaryDirectories } from './temporary-directory.js';

// Whatever a system test started or wrote is gone after it, even if it failed.
afterAll(async () => {
  await killPrograms();
  removeTemporaryDirectories();
});
