/**
 * Puts the service and its command line, each of some 1,500 files with the packages, into a few files in place of `main.js` and
 * `cli/identity-backend.js` in a folder that the compiler wrote: finding and reading so many took more than half of the time of a start,
 * and memory. What other packages import from this one stays as the compiler made it. Further arguments name further entries, for tests.
 */
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'rolldown';

const [FOLDER = '', ...FURTHER] = process.argv.slice(2);
const ENTRIES = Object.fromEntries(
  ['main', 'cli/identity-backend', ...FURTHER].map((name) => [name, join(FOLDER, `${name}.js`)]),
);

/** Loaded when needed, from their own packages: drivers, native code, files that are served, what Nest may ask for. */
const LEFT_OUT = [
  /^(libsql|pg|mysql2|ioredis)$/,
  /^swagger-ui-dist/,
  /^@nestjs\/(platform-express|websockets|microservices)/,
  /^@fastify\/(multipart|static|view)$/,
];

/**
 * What is required through `createRequire` is hidden from a bundler, and would be loaded a second time, outside of the bundle.
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
  // The comments of a bundle name files from here: it must not depend on the name of the folder.
  cwd: FOLDER,
  input: ENTRIES,
  platform: 'node',
  external: LEFT_OUT,
  plugins: [showRequired],
  logLevel: 'warn',
  output: {
    dir: FOLDER,
    // Named after their content: a process never gets a chunk of another build than its own.
    chunkFileNames: 'bundle/[name]-[hash].js',
    // Nest names providers and the schemas of Swagger after their classes.
    keepNames: true,
    comments: false,
    // Text of one byte a character takes half of the memory.
    charset: 'ascii',
  },
});
// Entries keep their names from build to build: a chunk that imports one could get that of another build.
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
