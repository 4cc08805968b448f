// Private servers from Debian's packages for the scripts that need them: on free ports of the loopback, with their files
// in scratch folders. `cleanUp` ends them.
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run, scratchFolder, until, within } from './built-service.js';
import { freePort } from './free-port.js';

const POSTGRES = '/usr/lib/postgresql';

const newestPostgres = () => {
  const [newest] = existsSync(POSTGRES) ? readdirSync(POSTGRES).sort((a, b) => Number(b) - Number(a)) : [];
  return newest && join(POSTGRES, newest, 'bin');
};

const PROGRAMS = {
  postgresql: () => existsSync(join(newestPostgres() ?? '', 'initdb')),
  'redis-server': () => existsSync('/usr/bin/redis-server'),
  'nginx-light': () => existsSync('/usr/sbin/nginx'),
};

/** Ends with a sentence where one of these packages is not installed. */
export function needPackages(...names) {
  const missing = names.filter((name) => !PROGRAMS[name]());
  if (missing.length === 0) return;
  console.error(`Needs Debian's packages: apt-get install ${missing.join(' ')}`);
  process.exit(1);
}

/** Servers refuse to run as root: how to run one as its own user, and a folder that is its own. */
function become(user) {
  const folder = scratchFolder();
  chmodSync(folder, 0o755);
  const home = join(folder, user);
  mkdirSync(home);
  if (process.getuid() !== 0) return { home, as: [] };
  const id = (option) => Number(execFileSync('id', [option, user]).toString());
  chownSync(home, id('-u'), id('-g'));
  return { home, as: ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups'] };
}

async function start([command, ...parameters], cwd, isUp) {
  const server = run(command, parameters, { cwd });
  await until(`${parameters.at(0)} is up`, () => {
    if (server.child.exitCode !== null) throw new Error(`It ended:\n${server.output}`);
    return isUp(server.output);
  });
  return server;
}

/** @returns the port of a PostgreSQL with a database `postgres` that anybody on this machine may use */
export async function startPostgres() {
  const { home, as } = become('postgres');
  const data = join(home, 'db');
  const bin = newestPostgres();
  const [command, ...parameters] = [
    ...as,
    ...[join(bin, 'initdb'), '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C'],
  ];
  const made = run(command, parameters, { cwd: home });
  if ((await within(made.ended, 'initdb')) !== 0) throw new Error(made.output);
  const port = await freePort();
  const options = ['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'];
  const server = [...as, join(bin, 'postgres'), '-D', data, '-p', String(port), '-k', home, ...options];
  await start(server, home, (output) => output.includes('ready to accept connections'));
  return port;
}

/** @returns `port` and `pid` of a Redis that keeps nothing */
export async function startRedis() {
  const { home, as } = become('redis');
  const port = await freePort();
  const options = ['--bind', '127.0.0.1', '--dir', home, '--save', '', '--appendonly', 'no'];
  const server = [...as, '/usr/bin/redis-server', '--port', String(port), ...options];
  const { pid } = await start(server, home, (output) => output.includes('Ready to accept connections'));
  return { port, pid };
}
