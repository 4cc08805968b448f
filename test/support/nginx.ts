import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './built-service.js';
import { freePort } from './free-port.js';
import { request } from './http-request.js';
import { Program } from './program.js';
import { temporaryDirectory } from './temporary-directory.js';
import { until } from './until.js';

const SITE = readFileSync(join(ROOT, 'deploy/nginx.conf'), 'utf8');
const PATIENCE_MS = 30_000;

/** An nginx with deploy/nginx.conf, in front of instances on other ports. */
export class Nginx {
  private readonly folder = temporaryDirectory();
  private server: Program | undefined;

  private constructor(
    private readonly instances: readonly number[],
    private readonly port: number,
  ) {}

  /** @param instances the ports of the instances */
  static async start(instances: readonly number[]): Promise<Nginx> {
    const nginx = new Nginx(instances, await freePort());
    const { folder } = nginx;
    // Its workers run as another user.
    chmodSync(folder, 0o755);
    nginx.write([]);
    const server = new Program('/usr/sbin/nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], {
      cwd: folder,
    });
    nginx.server = server;
    const responds = (): Promise<boolean> => {
      if (server.hasEnded) throw new Error(`nginx ended:\n${server.text}`);
      return request(`${nginx.url}/metrics`).then(
        () => true,
        () => false,
      );
    };
    await until(responds, PATIENCE_MS, 'nginx responds');
    return nginx;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Stops requests to one instance, such as before its restart; `undefined` includes all again. */
  async leaveOut(port: number | undefined): Promise<void> {
    this.write(port === undefined ? [] : [port]);
    const reloads = (): number => this.server?.text.split('start worker process ').length ?? 0;
    const before = reloads();
    this.server?.kill('SIGHUP');
    await until(() => reloads() > before, PATIENCE_MS, 'nginx has read its settings');
  }

  private write(down: readonly number[]): void {
    const servers = this.instances.map(
      (port) => `server 127.0.0.1:${port} max_fails=1 fail_timeout=2s${down.includes(port) ? ' down' : ''};`,
    );
    // Function replacements, as the $ of nginx is not a replacement pattern.
    const site = SITE.replace(/( +server 127\.0\.0\.1:\d+ .*\n)+/, () => `${servers.join('\n')}\n`).replace(
      /listen [\d.:]+;/,
      () => `listen 127.0.0.1:${this.port};`,
    );
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    writeFileSync(
      join(this.folder, 'nginx.conf'),
      `daemon off;
pid ${this.folder}/nginx.pid;
error_log stderr notice;
worker_processes 2;
events {}
http {
access_log off;
${paths.map((name) => `${name}_temp_path ${this.folder}/${name};`).join('\n')}
${site}
}
`,
    );
  }
}
