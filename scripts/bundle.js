/**
 * Bundles the service and its command line, in a folder that the compiler wrote: a few files take the place
 * of `main.js`, `cli/identity-backend.js` and the packages that they import. Each consists of some 1,500
 * files; finding and reading these took memory, and more than half of the time of a start. The files that
 * other packages import stay as compiled. More arguments name more entries, for tests.
 */
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'rolldown';

const [FOLDER = '', ...FURTHER] = process.argv.slice(2);
const ENTRIES = Object.fromEntries(
  ['main', 'cli/identity-backend', ...FURTHER].map((name) => [name, join(FOLDER, `${name}.js`)]),
);

/**
 * Packages that stay outside the bundle and are loaded when needed: drivers, native code, served files, and
 * packages that Nest may request.
 */
const LEFT_OUT = [
  /^(libsql|pg|mysql2|ioredis)$/,
  /^swagger-ui-dist/,
  /^@nestjs\/(platform-express|websockets|microservices)/,
  /^@fastify\/(multipart|static|view)$/,
];

/**
 * Shows the bundler what is required through `createRequire`: otherwise these modules would be loaded a
 * second time, from outside the bundle.
 *
 * @type {import('rolldown').Plugin}
 */
const showRequired = {
  name: 'show-required',
  transform: {
    filter: { id: /node_modules/, code: 'createRequire' },
    handler: (code) => code.replace(/^const require = createRequire\(import\.meta\.url\);$/m, ''),
  },
};

const { output } = await build({
  // A bundle names files relative to this folder: it must not depend on the name of the folder.
  cwd: FOLDER,
  input: ENTRIES,
  platform: 'node',
  external: LEFT_OUT,
  plugins: [showRequired],
  logLevel: 'warn',
  output: {
    dir: FOLDER,
    // Chunks are named after their content: a process never gets a chunk of another build.
    chunkFileNames: 'bundle/[name]-[hash].js',
    // Nest names providers and OpenAPI schemas after their classes.
    keepNames: true,
    comments: false,
    // V8 needs half of the memory for text with one byte a character.
    charset: 'ascii',
  },
});
// Entries have the same names in every build: a chunk that imports one could get that of another build.
for (const chunk of output) {
  if (chunk.type === 'asset') continue;
  const { fileName, imports, dynamicImports } = chunk;
  const entry = [...imports, ...dynamicImports].find((name) =>
    Object.hasOwn(ENTRIES, name.replace(/\.js$/, '')),
  );
  if (entry !== undefined) throw new Error(`${fileName} imports the entry ${entry}`);
}
for (const file of Object.values(ENTRIES)) rmSync(`${file}.map`, { force: true });
chmodSync(join(FOLDER, 'cli/identity-backend.js'), 0o755);
