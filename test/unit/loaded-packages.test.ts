import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compiledSource, loadedBy } from '../support/loaded-packages.js';
import { removeTemporaryDirectories } from '../support/temporary-directory.js';

/** Packages that a service which only receives or sends tokens does not need. */
const NOT_NEEDED = [
  /^(?:typeorm|@nestjs\/typeorm|pg|mysql2|libsql|@libsql\/.*|ioredis)$/,
  /^(?:fastify|@fastify\/.*|express|@nestjs\/platform-.*)$/,
  /^(?:@nestjs\/swagger|swagger-ui-dist|class-validator|class-transformer)$/,
  /^(?:jose|jsonwebtoken|@nestjs\/jwt|@nestjs\/config|@nestjs\/terminus|pino|prom-client|dotenv)$/,
];

let folder: string;
beforeAll(() => {
  folder = compiledSource();
});
afterAll(removeTemporaryDirectories);

describe('the entries of the package', () => {
  it.each(['guard', 'token-client', 'testing'])(
    'load Nest, and no driver, server or documentation: ./%s',
    async (entry) => {
      const { packages } = await loadedBy(folder, `./${entry}/index.js`);
      expect(packages).toEqual(expect.arrayContaining(['@nestjs/common']));
      expect(packages.filter((name) => NOT_NEEDED.some((pattern) => pattern.test(name)))).toEqual([]);
    },
  );

  it.each(['guard', 'token-client', 'testing'])(
    'load only their own files and shared ones: ./%s',
    async (entry) => {
      const { files } = await loadedBy(folder, `./${entry}/index.js`);
      expect(files).toContain(`${entry}/index.js`);
      const shared = 'jwt|encoding|concurrency|http-client|key-sets|registration';
      // The kit for tests has the guard itself, with tokens of its own.
      const others = entry === 'testing' ? '|guard' : '';
      const own = new RegExp(`^(?:${entry}|${shared}${others})/|^clock\\.js$`);
      expect(files.filter((path) => !own.test(path))).toEqual([]);
    },
  );

  it('loadedBy finds both CommonJS and ES modules', async () => {
    expect((await loadedBy(folder, 'class-validator')).packages).toContain('class-validator');
    expect((await loadedBy(folder, 'jose')).packages).toEqual(['jose']);
  });
});
