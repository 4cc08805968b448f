import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compiledSource, loadedBy } from '../support/loaded-packages.js';
import { removeTemporaryDirectories } from '../support/temporary-directory.js';

/** What a service that only receives or sends tokens need not have installed. */
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

describe('What is loaded', () => {
  it.each(['guard', 'token-client'])(
    'with ./%s is Nest, and no driver, server or documentation',
    async (entry) => {
      const { packages } = await loadedBy(folder, `./${entry}/index.js`);
      expect(packages).toEqual(expect.arrayContaining(['@nestjs/common']));
      expect(packages.filter((name) => NOT_NEEDED.some((pattern) => pattern.test(name)))).toEqual([]);
    },
  );

  it.each(['guard', 'token-client', 'testing'])(
    'with ./%s of this service is what it shares',
    async (entry) => {
      const { files } = await loadedBy(folder, `./${entry}/index.js`);
      expect(files).toContain(`${entry}/index.js`);
      const own = new RegExp(`^(?:${entry}|jwt|encoding|concurrency|http-client|key-sets)/|^clock\\.js$`);
      expect(files.filter((path) => !own.test(path))).toEqual([]);
    },
  );

  it('with ./testing is nothing but Node', async () => {
    expect((await loadedBy(folder, './testing/index.js')).packages).toEqual([]);
  });

  it('is seen at all, of either kind of module', async () => {
    expect((await loadedBy(folder, 'class-validator')).packages).toContain('class-validator');
    expect((await loadedBy(folder, 'jose')).packages).toEqual(['jose']);
  });
});
