import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Settings } from '../../../src/config/settings.js';
import { Commands, type Ran } from '../../support/commands.js';
import { readToken } from '../../support/hand-made-token.js';
import { shownKeys, type ShownKey } from '../../support/key-administration.js';
import { MovedClock } from '../../support/moved-clock.js';
import { RunningApp } from '../../support/running-app.js';
import { testSettings } from '../../support/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';
import { until } from '../../support/until.js';

/** How long the service may take to notice a change by another process. */
const SOON = 5_000;

let commands: Commands;
/** A service that runs all the time, on the database of the commands. */
let service: RunningApp;
beforeAll(async () => {
  const directory = temporaryDirectory();
  const databaseUrl = `sqlite:${join(directory, 'identity.db')}`;
  const { encryptionKey } = testSettings();
  const variables = {
    DATABASE_URL: databaseUrl,
    KEY_ENCRYPTION_KEY: encryptionKey,
    JWT_ALGORITHM: 'ES256',
    AUDIENCE_ALGORITHMS: 'reporting=EdDSA',
  };
  commands = Commands.start(variables, directory);
  const settings: Partial<Settings> = {
    databaseUrl,
    algorithms: ['ES256'],
    audienceAlgorithms: new Map([['reporting', ['EdDSA']]]),
  };
  service = await RunningApp.start(settings, new MovedClock(Date.now() / 1000));
}, 30_000);
// The commands use the clock of the machine.
beforeEach(async () => {
  service.clock.set(Date.now() / 1000);
  await service.catchUp();
});
afterAll(async () => {
  await Promise.all([service.stop(), commands.end()]);
  removeTemporaryDirectories();
});

const keys = (...parameters: string[]): Promise<Ran> => commands.run('keys', ...parameters);
const shown = ({ json }: Ran, algorithm = 'ES256'): ShownKey[] => shownKeys({ body: json }, algorithm);
const kidOf = (token: string): unknown => readToken(token).header['kid'];

describe('identity-backend keys, next to a running service', () => {
  it('lists the keys of the service with their schedules, without private keys', async () => {
    const listed = await keys('list', '--json');
    expect(shown(listed).map(({ state }) => state)).toEqual(['signing', 'published']);
    expect(shown(listed)[0]?.kid).toBe(kidOf(await service.issue()));
    expect(listed.stdout).not.toMatch(/sealed|"d"|PRIVATE/);
    const { stdout } = await keys('list');
    const line = /^[\w-]{43} {2}(ES256|EdDSA) {2}tokens {2}(signing|published) {2}signs \S+ to \S+$/;
    expect(stdout.trim().split('\n')).toEqual(Array.from({ length: 4 }, () => expect.stringMatching(line)));
  });

  it('schedules a rotation; the previous key signs until then', async () => {
    const rotated = await keys('rotate', '--algorithm', 'EdDSA', '--json');
    expect(shown(rotated, 'EdDSA').map(({ state }) => state)).toEqual(['signing', 'published', 'published']);
    expect(shown(rotated)).toHaveLength(2);
    const [previous, next] = shown(rotated, 'EdDSA');
    expect(previous?.signs_until).toBe(next?.signs_from);
    expect(Date.parse(String(next?.signs_from))).toBeGreaterThan(Date.now() + 60_000);
    expect(kidOf(await service.issue({ aud: 'reporting' }))).toBe(previous?.kid);
    expect(rotated.audited).toEqual([
      expect.objectContaining({
        event: 'keys.rotated',
        algorithm: 'EdDSA',
        revoke: false,
        by: 'command line',
      }),
    ]);
  });

  it('revokes the previous keys with --revoke within 5 seconds, and prints the effect', async () => {
    const [token, other] = [await service.issue(), await service.issue({ aud: 'reporting' })];
    const [, next] = shown(await keys('list', '--json'));
    const { stdout, refusal } = await keys('rotate', '--revoke', '--algorithm', 'ES256');
    expect(refusal).toBeNull();
    expect(stdout).toMatch(/The previous keys are revoked: every token that they signed is refused/);
    expect(stdout).toMatch(/JWT_PRIVATE_KEY_FILE and shared secrets are not affected/);
    await until(async () => (await service.verify(token)).status === 401, SOON);
    expect((await service.verify(token)).body['code']).toBe('invalid_signature');
    expect((await service.verify(other, 'reporting')).status).toBe(200);
    expect(kidOf(await service.issue())).toBe(next?.kid);
  }, 30_000);

  it.each([
    ['an algorithm without keys', ['--algorithm', 'RS256'], /makes no such keys/],
    ['an HMAC algorithm', ['--algorithm', 'HS256'], /--algorithm is not an asymmetric algorithm/],
    ['an unsupported algorithm', ['--algorithm', 'ES512'], /--algorithm is not an asymmetric algorithm/],
  ])('rejects %s, and changes nothing', async (_name, parameters, words) => {
    const before = await keys('list', '--json');
    const { refusal, stdout, audited } = await keys('rotate', ...parameters, '--revoke');
    expect({ refusal, stdout, audited }).toEqual({
      refusal: expect.stringMatching(words),
      stdout: '',
      audited: [],
    });
    expect((await keys('list', '--json')).json).toEqual(before.json);
  });
});
