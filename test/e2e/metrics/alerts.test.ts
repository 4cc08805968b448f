import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { describeWhereReachable, failureOf } from '../../support/reachable.js';
import { RunningApp } from '../../support/running-app.js';

const RULES = fileURLToPath(new URL('../../../deploy/alerts.yml', import.meta.url));

const promtool = (...parameters: string[]): Promise<{ stdout: string }> =>
  promisify(execFile)('promtool', parameters);

it('the alert rules use only metrics that the service exports', async () => {
  const service = await RunningApp.start();
  const { text } = await service.get('/metrics');
  await service.stop();
  const expressions = [...readFileSync(RULES, 'utf8').matchAll(/^ +expr: (.*)$/gm)].map(
    ([, each = '']) => each,
  );
  const asked = expressions.flatMap((each) => each.match(/\b(identity|nodejs|process)_\w+/g) ?? []);
  expect(new Set(asked).size).toBeGreaterThanOrEqual(6);
  for (const name of asked) expect(text).toContain(`# TYPE ${name.replace(/_(bucket|count|sum)$/, '')} `);
});

describeWhereReachable('promtool', await failureOf(() => promtool('--version')), () => {
  it('accepts the alert rules', async () => {
    const { stdout } = await promtool('check', 'rules', RULES);
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
  });
});
