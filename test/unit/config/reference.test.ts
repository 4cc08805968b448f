import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'dotenv';
import '../../../src/config/environment.js';
import { environmentExample, settingsTable, withSettingsTable } from '../../../src/config/reference.js';
import { settingDocuments } from '../../../src/config/setting.decorator.js';

const committed = (name: string): string =>
  readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');

describe('the generated reference of settings', () => {
  it('.env.example is what `npm run settings` writes', () => {
    expect(committed('.env.example')).toBe(environmentExample(settingDocuments()));
  });

  it('the table of docs/settings.md is what `npm run settings` writes', () => {
    const page = committed('docs/settings.md');
    expect(withSettingsTable(page, settingsTable(settingDocuments()))).toBe(page);
  });

  it('.env.example sets nothing, and every setting once when it is uncommented', () => {
    const text = environmentExample(settingDocuments());
    expect(parse(text)).toEqual({});
    const uncommented = text.replaceAll(/^# (?=[A-Z_]+=)/gm, '');
    expect(Object.keys(parse(uncommented))).toEqual([...settingDocuments().keys()]);
  });
});

describe('environmentExample', () => {
  it.each([
    ['a value', { PORT: '3000' }, '# PORT=3000\n'],
    ['the value outside production', { DEBUG_ENV: '`true`; `false` in production' }, '# DEBUG_ENV=true\n'],
    [
      'no value for a default that is a sentence',
      { BASE_PATH: '`PASSENGER_BASE_URI` if it is set' },
      '# BASE_PATH=\n',
    ],
    ['no value for the default "none"', { CORS_ORIGINS: 'none' }, '# CORS_ORIGINS=\n'],
    ['a placeholder for a secret', { JWT_SECRET_KEY: '' }, "# JWT_SECRET_KEY='<strong-shared-secret>'\n"],
    [
      'a placeholder for previous secrets',
      { A_KEY_PREVIOUS: '' },
      "# A_KEY_PREVIOUS='<strong-shared-secret>'\n",
    ],
  ])('shows %s', (_name, settings, line) => {
    const documents = Object.entries(settings).map(
      ([name, byDefault]) => [name, { byDefault, about: 'x' }] as const,
    );
    expect(environmentExample(new Map(documents))).toContain(line);
  });

  it('removes Markdown from the description', () => {
    const text = environmentExample(new Map([['A', { byDefault: '', about: 'Such as `x\\|y`.' }]]));
    expect(text).toContain('# Such as x|y.\n# No default.\n# A=\n');
  });
});

describe('withSettingsTable', () => {
  it('replaces the text between the markers', () => {
    expect(withSettingsTable('a\n<!-- settings -->old<!-- /settings -->\nb', 'new')).toBe(
      'a\n<!-- settings -->\n\nnew\n\n<!-- /settings -->\nb',
    );
  });

  it.each([
    '',
    '<!-- settings -->',
    '<!-- /settings --> <!-- settings -->',
    '<!-- settings --><!-- settings -->',
  ])('rejects a page whose markers are missing, repeated or out of order: %j', (page) => {
    expect(() => withSettingsTable(page, 'new')).toThrow('once each and in this order');
  });
});
