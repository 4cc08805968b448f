import { createRequire } from 'node:module';

/**
 * The version in the package.json of this package, found by name: the bundle of the service is in another
 * folder.
 */
export const VERSION: string = (
  createRequire(import.meta.url)('identity-backend/package.json') as { version: string }
).version;
