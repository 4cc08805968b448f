import { fileURLToPath } from 'node:url';
import { constants, Script } from 'node:vm';

// `@fastify/static` requires a package that is an ES module. Node does that since 20.19, Jest only on Node 24.9 and
// later: this script is run by Node's own loader, outside of Jest's.
const native = new Script(`import('@fastify/static')`, {
  filename: fileURLToPath(import.meta.url),
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
const { default: plugin } = await native.runInThisContext();

export default plugin;
