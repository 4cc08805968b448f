import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Commands } from '../../support/commands.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

const inDays = (days: number): string => new Date(Date.now() + days * 24 * 3_600_000).toISOString();

let commands: Commands;
const soon = inDays(13);
let secretId: string;
beforeAll(async () => {
  commands = Commands.start({ KEY_ENCRYPTION_KEY: 'a-key-encryption-key-of-32-bytes' }, temporaryDirectory());
  for (const id of ['expiring', 'lasting', 'later', 'off'])
    await commands.run('clients', 'create', '--id', id);
  const added = await commands.run('clients', 'secrets', 'add', 'expiring', '--expires-at', soon, '--json');
  secretId = String(added.json['secret_id']);
  await commands.run('clients', 'secrets', 'add', 'later', '--expires-at', inDays(15));
  await commands.run('clients', 'secrets', 'add', 'off', '--expires-at', soon);
  await commands.run('clients', 'disable', 'off');
}, 30_000);
afterAll(async () => {
  await commands.end();
  removeTemporaryDirectories();
});

describe('a secret that expires within 14 days', () => {
  it('is marked in the list of clients', async () => {
    const { stdout } = await commands.run('clients', 'list');
    expect(stdout.split('\n')).toEqual([
      `expiring\texpiring\t(a secret expires at ${soon})`,
      'lasting\tlasting',
      'later\tlater',
      `off\toff\t(disabled)\t(a secret expires at ${soon})`,
      '',
    ]);
  });

  it('is marked in the output of clients show', async () => {
    const { stdout } = await commands.run('clients', 'show', 'expiring');
    expect(stdout).toMatch(new RegExp(`^Secret ${secretId} expires soon: at ${soon}$`, 'm'));
    expect((await commands.run('clients', 'show', 'later')).stdout).not.toContain('expires soon');
  });

  it('is noted by the doctor if its client is enabled', async () => {
    const { json } = await commands.run('doctor', '--json');
    const notes = (json['findings'] as { verdict: string; about: string }[]).filter(({ about }) =>
      about.startsWith('The secret'),
    );
    expect(notes).toEqual([
      { verdict: 'note', about: `The secret ${secretId} of the client expiring expires at ${soon}` },
    ]);
  });

  it('is not logged by a command', async () => {
    expect((await commands.run('clients', 'list')).log).toBe('');
  });
});
