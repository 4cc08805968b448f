import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { isMessageOf, sourceFiles } from '../../support/source-files.js';

const ROOT = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');
const document = read('docs/production.md');

/** The names that a pattern finds in a file of the repository. */
const namesIn = (path: string, pattern: RegExp): string[] =>
  [...read(path).matchAll(pattern)].map(([, name = '']) => name);

const files = sourceFiles();

describe('docs/production.md', () => {
  it.each([
    ['audit event', namesIn('src/audit/audit-log.ts', /'([a-z]+\.[a-z_]+)'/g)],
    ['alert', namesIn('deploy/alerts.yml', /- alert: (\w+)/g)],
    [
      'metric',
      [
        ...namesIn('src/observability/metrics.ts', /name: '(identity_\w+)'/g),
        ...namesIn('src/observability/state-gauges.ts', /'(identity_\w+)'/g),
      ],
    ],
  ])('explains every %s', (_kind, names) => {
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !document.includes(`\`${name}\``))).toEqual([]);
  });

  it('lists only log messages that the service writes', () => {
    const logs = document.slice(document.indexOf('## Logs'), document.indexOf('## Audit events'));
    const messages = [...logs.matchAll(/^\| (`"msg".+?) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/"([^"]+)"(?!:)/g)].map(([, message = '']) => message),
    );
    expect(messages.length).toBeGreaterThan(5);
    expect(messages.filter((message) => !isMessageOf(files, message))).toEqual([]);
  });

  it('never loads a settings file into a shell, which would run parts of it as commands', () => {
    const blocks = [...document.matchAll(/^```(?:bash|sh)\n(.*?)^```$/gms)].map(([, block = '']) => block);
    expect(blocks.length).toBeGreaterThan(5);
    expect(
      blocks.filter((block) => /(^|[\s;(&|])(\.|source)\s+\S|\bset -a\b|\bxargs\b|\beval\b/m.test(block)),
    ).toEqual([]);
  });

  it('leaves reading the settings file to the service, not to systemd', () => {
    const unit = read('deploy/identity-backend.service');
    expect(unit).not.toMatch(/^EnvironmentFile=/m);
    const [, folder = ''] = /^WorkingDirectory=(.+)$/m.exec(unit) ?? [];
    expect(unit).toContain(`\nReadOnlyPaths=${folder}/.env\n`);
    expect(document).toContain(` .env ${folder}/.env\n`);
    expect(document).toContain(`\ncd ${folder}\nNODE_ENV=production runuser -u identity-backend -- node `);
  });
});
