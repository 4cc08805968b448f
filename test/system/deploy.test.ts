import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import { ROOT } from '../support/built-service.js';
import { describeIfInstalled } from '../support/installed.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** In tenths of a point (of 10) of `systemd-analyze security`. The unit has 1.3; a lost setting shows. */
const MOST_EXPOSED = 15;

/** The output of a program, and its exit code. */
function outcomeOf(program: string, ...parameters: readonly string[]): { code: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(program, parameters, { cwd: ROOT, encoding: 'utf8' });
  return { code: status, text: stdout + stderr };
}

describeIfInstalled('the systemd unit', { systemd: '/usr/bin/systemd-analyze' }, () => {
  let unit: string;
  let text: string;

  beforeAll(() => {
    unit = join(temporaryDirectory(), 'identity-backend.service');
    text = readFileSync(join(ROOT, 'deploy/identity-backend.service'), 'utf8');
    // The program that it starts is not installed here.
    writeFileSync(unit, text.replace(/^ExecStart=.*/m, 'ExecStart=/bin/true'));
  });

  it('passes systemd-analyze verify', () => {
    expect(outcomeOf('systemd-analyze', 'verify', unit).text).toBe('');
  });

  it(`has an exposure of at most ${MOST_EXPOSED / 10} of 10 points`, () => {
    const threshold = `--threshold=${MOST_EXPOSED}`;
    const { code, text: report } = outcomeOf('systemd-analyze', 'security', '--offline=yes', threshold, unit);
    expect([code, report]).toEqual([0, expect.anything()]);
  });

  it.each(['MemoryMax', 'TasksMax', 'LimitCORE=0', 'MemorySwapMax=0'])('sets %s', (setting) => {
    expect(text).toMatch(new RegExp(`^${setting}`, 'm'));
  });
});

describeIfInstalled('the alert rules', { prometheus: '/usr/bin/promtool' }, () => {
  it('pass promtool check rules', () => {
    const { code, text } = outcomeOf('promtool', 'check', 'rules', 'deploy/alerts.yml');
    expect([code, text]).toEqual([0, expect.stringContaining('SUCCESS')]);
  });
});

describeIfInstalled('nginx.conf', { 'nginx-light': '/usr/sbin/nginx' }, () => {
  it('passes nginx -t unchanged', () => {
    // nginx needs a complete configuration and writable folders.
    const folder = temporaryDirectory();
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const file = join(folder, 'nginx.conf');
    writeFileSync(
      file,
      `pid ${folder}/pid;
error_log stderr;
events {}
http {
  access_log off;
  ${paths.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  include ${ROOT}/deploy/nginx.conf;
}
`,
    );
    const { code, text } = outcomeOf('/usr/sbin/nginx', '-t', '-p', folder, '-c', file);
    expect([code, text]).toEqual([0, expect.anything()]);
  });
});
