/**
 * Puts the service and its command line, each of some 1,500 files with the packages, into a few files in place of `dist/main.js` and
 * `dist/cli/identity-backend.js`: finding and reading so many took more than half of the time of a start, and memory. What other
 * packages import from this one stays as the compiler made it.
 */
import { chmodSync, rmSync } from 'node:fs';
import { build } from 'rolldown';

const ENTRIES = { main: 'dist/main.js', 'cli/identity-backend': 'dist/cli/identity-backend.js' };

/** Loaded where they are needed, from the packages that they came in: drivers, native code, files that are served, what Nest may ask for. */
const LEFT_OUT = [
  /^(libsql|pg|mysql2|ioredis)$/,
  /^swagger-ui-dist/,
  /^@nestjs\/(platform-express|websockets|microservices)/,
  /^@fastify\/(multipart|view)$/,
];

/** What is required through `createRequire` is hidden from a bundler, and would be loaded a second time beside the bundle. */
const showRequired = {
  name: 'show-required',
  transform: {
    filter: { id: /node_modules/, code: 'createRequire' },
    handler: (code) => code.replace(/^const require = createRequire\(import\.meta\.url\);$/m, ''),
  },
};

await build({
  input: ENTRIES,
  platform: 'node',
  external: LEFT_OUT,
  plugins: [showRequired],
  logLevel: 'warn',
  output: {
    dir: 'dist',
    chunkFileNames: 'bundle/[name].js',
    // Nest names providers and the schemas of Swagger after their classes.
    keepNames: true,
    comments: false,
    // Text of one byte a character takes half of the memory.
    charset: 'ascii',
  },
});
for (const file of Object.values(ENTRIES)) rmSync(`${file}.map`);
chmodSync('dist/cli/identity-backend.js', 0o755);
