import { createRequire } from 'node:module';

/**
 * The version of this package, from its package.json. The file is found by the name of the package, since the
 * bundle of the service is in another folder.
 */
export const VERSION: string = (
  createRequire(import.meta.url)('identity-backend/package.json') as { version: string }
).version;
