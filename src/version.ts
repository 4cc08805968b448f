import { createRequire } from 'node:module';

/** The version of this package, as in its package.json, which it finds by name: the bundle of the service is in another folder. */
export const VERSION: string = (
  createRequire(import.meta.url)('identity-backend/package.json') as { version: string }
).version;
