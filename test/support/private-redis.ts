import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from './free-port.js';
import { ownerFor } from './private-server.js';
import { Program } from './program.js';
import { temporaryDirectory } from './temporary-directory.js';

export const REDIS_PROGRAM = '/usr/bin/redis-server';

/** A Redis without persistence that only this test uses. */
export async function startRedis(): Promise<{ readonly url: string; readonly program: Program }> {
  const home = join(temporaryDirectory(), 'redis');
  chmodSync(dirname(home), 0o755);
  mkdirSync(home);
  const owner = ownerFor('redis');
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(home, owner.uid, owner.gid);
  const port = await freePort();
  const options = ['--bind', '127.0.0.1', '--dir', home, '--save', '', '--appendonly', 'no'];
  const program = new Program(REDIS_PROGRAM, ['--port', String(port), ...options], { ...owner, cwd: home });
  await program.wrote(/Ready to accept connections/);
  return { url: `redis://127.0.0.1:${port}`, program };
}
