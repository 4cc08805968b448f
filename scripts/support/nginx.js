// Runs deploy/nginx.conf on this machine, with other addresses.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request, ROOT, run, scratchFolder, until } from './built-service.js';
import { freePort } from './free-port.js';

const SITE = readFileSync(join(ROOT, 'deploy/nginx.conf'), 'utf8');

/** An nginx in front of instances. */
export class Nginx {
  #folder = scratchFolder();
  #ports;
  #server;

  /** @param ports of the instances */
  constructor(ports) {
    this.#ports = ports;
  }

  async start() {
    // Its workers run as another user.
    chmodSync(this.#folder, 0o755);
    this.port = await freePort();
    this.#write([]);
    const parameters = ['-p', this.#folder, '-c', join(this.#folder, 'nginx.conf')];
    this.#server = run('/usr/sbin/nginx', parameters, { cwd: this.#folder });
    await until('nginx answers', () => {
      if (this.#server.child.exitCode !== null) throw new Error(`nginx ended:\n${this.#server.output}`);
      return request(`${this.url}/metrics`).then(
        () => true,
        () => false,
      );
    });
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Sends no more requests to one of the instances, as before it is restarted; `undefined` lets all in again. */
  async leaveOut(port) {
    this.#write(port === undefined ? [] : [port]);
    const reloaded = () => this.#server.output.split('start worker process ').length;
    const before = reloaded();
    this.#server.child.kill('SIGHUP');
    await until('nginx has read its settings', () => reloaded() > before);
  }

  #write(down) {
    const servers = this.#ports.map(
      (port) => `server 127.0.0.1:${port} max_fails=1 fail_timeout=2s${down.includes(port) ? ' down' : ''};`,
    );
    // Function replacements: what nginx writes with $ is no pattern.
    const site = SITE.replace(/( +server 127\.0\.0\.1:\d+ .*\n)+/, () => `${servers.join('\n')}\n`).replace(
      /listen [\d.:]+;/,
      () => `listen 127.0.0.1:${this.port};`,
    );
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    writeFileSync(
      join(this.#folder, 'nginx.conf'),
      `daemon off;
pid ${this.#folder}/nginx.pid;
error_log stderr notice;
worker_processes 2;
events {}
http {
access_log off;
${paths.map((name) => `${name}_temp_path ${this.#folder}/${name};`).join('\n')}
${site}
}
`,
    );
  }
}
