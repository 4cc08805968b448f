import { createRequire } from 'node:module';

/**
 * The version of this package, from its package.json. Its field `imports` names the file: the bundle of the
 * service is in another folder, and `npm run pack` gives the package another name.
 */
export const VERSION: string = (createRequire(import.meta.url)('#package.json') as { version: string })
  .version;
