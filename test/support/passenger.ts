import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './built-service.js';
import { freePort } from './free-port.js';
import { type Credentials, type ReceivedResponse, request, type RequestOptions } from './http-request.js';
import type { LogEntry } from './program.js';
import { temporaryDirectory } from './temporary-directory.js';
import { until } from './until.js';

const LOCATIONS = '/usr/lib/ruby/vendor_ruby/phusion_passenger/locations.ini';
const BASE_PATH = '/identity-backend';
const PATIENCE_MS = 15_000;
const MODULES = [
  ...['mpm_event', 'authz_core', 'authz_host', 'dir', 'env', 'setenvif', 'mime', 'alias', 'headers'],
  'passenger',
];
/** Passenger runs a process as the owner of its start file. */
const USER = { name: 'www-data', uid: 33, gid: 33 };

/** The programs that it needs, by the names of the Debian packages. */
export const PASSENGER_PROGRAMS = { apache2: '/usr/sbin/apache2', 'libapache2-mod-passenger': LOCATIONS };

/** A copy of the built service under a private Apache with Phusion Passenger, as under cPanel. */
export class Passenger {
  private readonly scratch = temporaryDirectory();
  private readonly app = join(this.scratch, 'app');
  private readonly logFile = join(this.scratch, 'passenger.log');

  private constructor(private readonly port: number) {}

  static async start(settings: Readonly<Record<string, string>>): Promise<Passenger> {
    const passenger = new Passenger(await freePort());
    passenger.prepare();
    passenger.settle(settings);
    passenger.apache('start');
    const isUp = async (): Promise<boolean> =>
      (await passenger.request('/ping').catch(() => undefined))?.status === 200;
    await until(isUp, PATIENCE_MS, 'the first response').catch((error: unknown) => {
      throw new Error(passenger.log.slice(-4_000), { cause: error });
    });
    return passenger;
  }

  /** Writes the settings that the next process reads. */
  settle(settings: Readonly<Record<string, string>>): void {
    const file = join(this.app, '.env');
    const text = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(file, text.join(''), { mode: 0o600 });
    chownSync(file, USER.uid, USER.gid);
  }

  /** Replaces the processes, as an operator does. */
  restart(): void {
    writeFileSync(join(this.app, 'tmp/restart.txt'), String(Date.now()));
  }

  async stop(): Promise<void> {
    this.apache('stop');
    await until(() => !existsSync(join(this.scratch, 'apache.pid')), PATIENCE_MS, 'the end of Apache');
  }

  /** Uses a new connection: Apache closes idle ones at any time, which must not count against a restart. */
  request(path: string, options?: RequestOptions): Promise<ReceivedResponse> {
    return request(`http://127.0.0.1:${this.port}${BASE_PATH}${path}`, options);
  }

  /** Creates a client with the command line, as the user of the service. */
  makeClient(id: string): Credentials {
    const options = ['--id', id, '--audience', 'logging-service', '--json'];
    const output = execFileSync(
      process.execPath,
      ['dist/cli/identity-backend.js', 'clients', 'create', ...options],
      {
        cwd: this.app,
        env: { PATH: process.env['PATH'], NODE_ENV: 'production' },
        uid: USER.uid,
        gid: USER.gid,
        stdio: ['ignore', 'pipe', 'ignore'],
        encoding: 'utf8',
      },
    );
    const { client_secret } = JSON.parse(output) as { client_secret: string };
    return { id, secret: client_secret };
  }

  get log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
  }

  /** The IDs of the processes that responded on a route, from their own log. */
  processesBehind(route: string): ReadonlySet<number> {
    const lines = this.log.matchAll(/output: (\{.*"msg":"answered"\})/g);
    const entries = [...lines].map(([, line = '']) => JSON.parse(line) as LogEntry);
    return new Set(
      entries.filter((entry) => String(entry['route']).endsWith(route)).map(({ pid }) => Number(pid)),
    );
  }

  private prepare(): void {
    chmodSync(this.scratch, 0o755);
    for (const folder of ['public', 'tmp', 'data']) mkdirSync(join(this.app, folder), { recursive: true });
    for (const name of ['app.cjs', 'package.json', 'dist']) {
      cpSync(join(ROOT, name), join(this.app, name), { recursive: true });
    }
    execFileSync('chown', ['-R', `${USER.name}:`, this.app]);
    this.linkPackages();
    writeFileSync(join(this.scratch, 'apache.conf'), this.configuration());
  }

  /** Uses hard links if the file system allows, since copying takes long. The owner stays the same. */
  private linkPackages(): void {
    const copy = (option: string): unknown =>
      execFileSync('cp', [option, join(ROOT, 'node_modules'), this.app], { stdio: 'ignore' });
    try {
      copy('-al');
    } catch {
      rmSync(join(this.app, 'node_modules'), { recursive: true, force: true });
      copy('-a');
    }
  }

  private configuration(): string {
    const { scratch } = this;
    const modules = MODULES.map(
      (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
    );
    return `ServerRoot ${scratch}
ServerName 127.0.0.1
PidFile ${scratch}/apache.pid
DefaultRuntimeDir ${scratch}
Mutex file:${scratch} default
Listen 127.0.0.1:${this.port}
${modules.join('\n')}
TypesConfig /etc/mime.types
User ${USER.name}
Group ${USER.name}
ErrorLog ${scratch}/error.log
PassengerRoot ${LOCATIONS}
PassengerDefaultRuby /usr/bin/ruby
PassengerInstanceRegistryDir ${scratch}
PassengerNodejs ${process.execPath}
PassengerStatThrottleRate 0
PassengerDisableSecurityUpdateCheck on
PassengerDisableAnonymousTelemetry on
PassengerLogFile ${this.logFile}
<Directory />
  Require all denied
</Directory>
${readFileSync(join(ROOT, 'deploy/passenger.conf'), 'utf8').replaceAll('@APP@', this.app)}`;
  }

  private apache(act: 'start' | 'stop'): void {
    const parameters = ['-f', join(this.scratch, 'apache.conf'), '-k', act];
    execFileSync('/usr/sbin/apache2', parameters, { stdio: 'inherit' });
  }
}
