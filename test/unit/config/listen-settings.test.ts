import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Variables } from '../../../src/config/given-values.js';
import { listenSettings } from '../../../src/config/listen-settings.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import { SECRET } from '../../support/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

afterAll(removeTemporaryDirectories);

describe('listenSettings', () => {
  it.each<[Variables, string]>([
    [{}, ''],
    [{ BASE_PATH: '' }, ''],
    [{ BASE_PATH: '/' }, ''],
    [{ BASE_PATH: 'identity-backend' }, '/identity-backend'],
    [{ BASE_PATH: '/identity-backend' }, '/identity-backend'],
    [{ BASE_PATH: '/identity-backend/' }, '/identity-backend'],
    [{ BASE_PATH: ' a/b/ \n' }, '/a/b'],
    [{ PASSENGER_BASE_URI: '/of-passenger' }, '/of-passenger'],
    [{ HOST: '0.0.0.0', PORT: '8080' }, ''],
    [{ HOST: ' :: ', PORT: ' 1\r\n' }, ''],
  ])('returns the host, port and base path that loadSettings returns: %j', (variables, basePath) => {
    const directory = temporaryDirectory();
    const { host, port, basePath: path } = loadSettings(directory, { ...variables, JWT_SECRET_KEY: SECRET });
    expect(path).toBe(basePath);
    expect(listenSettings(directory, variables)).toEqual({ host, port, basePath });
  });

  it('reads .env and creates no data folder', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, '.env'), "PORT='4000'\nBASE_PATH='a'\n");
    expect(listenSettings(directory, { PORT: '' })).toEqual({
      host: '127.0.0.1',
      port: 4000,
      basePath: '/a',
    });
    expect(existsSync(join(directory, 'data'))).toBe(false);
  });

  it('ignores faults of other settings', () => {
    const wrong = { NODE_ENV: 'production', JWT_ALGORITHM: 'none', JWT_PRIVATE_KEY_FILE: 'nowhere' };
    expect(listenSettings(temporaryDirectory(), wrong)).toMatchObject({ port: 3000 });
  });

  it.each<[Variables, RegExp]>([
    [{ PORT: 'marker', HOST: 'mar ker' }, /HOST [^]*PORT |PORT [^]*HOST /],
    [{ BASE_PATH: '/mar ker' }, /BASE_PATH /],
  ])('rejects invalid values by name: %j', (variables, words) => {
    const read = (): unknown => listenSettings(temporaryDirectory(), variables);
    expect(read).toThrow(words);
    expect(read).not.toThrow(/mar ?ker'/);
  });

  it('rejects a .env with a malformed line, which may be the port', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, '.env'), 'PORT 4000\n');
    expect(() => listenSettings(directory, {})).toThrow(/\.env line 1 /);
  });
});
