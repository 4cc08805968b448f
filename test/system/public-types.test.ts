import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '../support/built-service.js';
import { PublicDeclarations } from '../support/public-declarations.js';

const UPDATE = process.env['UPDATE_DECLARATIONS'] === 'true';

describe('the public declarations', () => {
  const declarations = new PublicDeclarations();

  it.each(Object.keys(declarations.entries))(
    'of %s are equal to those in test/types/declarations',
    (entry) => {
      const name = entry === '.' ? 'index' : entry.slice('./'.length);
      const file = join(ROOT, 'test/types/declarations', `${name}.txt`);
      const now = declarations.of(entry);
      if (UPDATE) writeFileSync(file, now);
      const kept = existsSync(file) ? readFileSync(file, 'utf8') : '';
      // Applications notice every difference. If it is intended: UPDATE_DECLARATIONS=true npm run test:system
      // -- public-types
      expect(now.split('\n')).toEqual(kept.split('\n'));
    },
  );

  it('pass the type tests of test/types, and compile without skipLibCheck', () => {
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', join(ROOT, 'test/types')], {
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([0, '']);
  });
});
