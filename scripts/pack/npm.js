// Runs npm.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { PackError } from './pack-error.js';

/** The npm that runs this script, if one does; its file starts on every system. */
const NPM_FILE = /npm-cli\.js$/.test(process.env.npm_execpath ?? '') ? process.env.npm_execpath : undefined;

/** @returns what npm wrote to standard output */
export async function npm(folder, ...parameters) {
  const [command, ...first] = NPM_FILE === undefined ? ['npm'] : [process.execPath, NPM_FILE];
  const child = spawn(command, [...first, ...parameters], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    // Windows has npm.cmd, which only a shell starts.
    shell: NPM_FILE === undefined && process.platform === 'win32',
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new PackError(`npm ${parameters[0]} failed`);
  return output;
}
