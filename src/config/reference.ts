import type { SettingDocument } from './setting.decorator.js';

type Documents = ReadonlyMap<string, SettingDocument>;

/**
 * A placeholder for secrets, one of those in `src/jwt/secret-strength.ts`: production does not start with it.
 */
const PLACEHOLDER = '<strong-shared-secret>';

const INTRODUCTION = `# The settings of identity-backend, made by \`npm run settings\`. Copy this file to .env and uncomment what you change.
# The environment wins over .env. An empty variable counts as not set, in either.
#
# Write each as NAME='value': the service, a shell, systemd and dotenv read this form alike, whatever is between the
# quotes. For a value with a single quote, use double quotes if it has none of " \\ $ and no backtick (NAME="it's");
# otherwise write '"'"' for each single quote, which all except dotenv read alike. The service refuses what they would
# read differently, and names the line: a # or \\ outside quotes, a name that is set twice.
`;

const BEGIN = '<!-- settings -->';
const END = '<!-- /settings -->';

/** The text of `.env.example`: each setting commented out, under its description. */
export function environmentExample(documents: Documents): string {
  const entries = [...documents].map(([name, { about, byDefault }]) => {
    const words = [about, byDefault === '' ? 'No default.' : `Default: ${byDefault}.`].map(asPlainText);
    return `\n${words.map((line) => `# ${line}\n`).join('')}# ${name}=${quoted(exampleValue(name, byDefault))}\n`;
  });
  return INTRODUCTION + entries.join('');
}

/** The settings as a Markdown table. */
export function settingsTable(documents: Documents): string {
  const rows = [...documents].map(
    ([name, { about, byDefault }]) => `| \`${name}\` | ${shownDefault(byDefault)} | ${about} |`,
  );
  // Prettier would pad the table to its widest row, so that every change would touch all rows.
  return [
    '<!-- prettier-ignore -->',
    '| variable | default | what it is for |',
    '|---|---|---|',
    ...rows,
  ].join('\n');
}

/**
 * Replaces the table between the markers of a page.
 *
 * @throws {Error} unless the page has each marker once, in order
 */
export function withSettingsTable(page: string, table: string): string {
  const [before, middle, ...rest] = page.split(BEGIN);
  const [, after, ...more] = middle?.split(END) ?? [];
  if (before === undefined || after === undefined || rest.length > 0 || more.length > 0) {
    throw new Error(`The page must hold ${BEGIN} and ${END}, once each and in this order`);
  }
  return `${before}${BEGIN}\n\n${table}\n\n${END}${after}`;
}

function shownDefault(byDefault: string): string {
  if (byDefault === '') return '–';
  return isValue(byDefault) ? `\`${byDefault}\`` : byDefault;
}

/** The text after `=`: a placeholder for a secret, else the default if it is a value and not a sentence. */
function exampleValue(name: string, byDefault: string): string {
  if (/_KEY(_PREVIOUS)?$/.test(name)) return PLACEHOLDER;
  if (isValue(byDefault)) return byDefault;
  return /^`([^`]+)`(;|$)/.exec(byDefault)?.[1] ?? '';
}

/** Quotes a value for a shell, unless it has only plain characters. */
function quoted(value: string): string {
  return /^[\w.:/@-]*$/.test(value) ? value : `'${value}'`;
}

function isValue(byDefault: string): boolean {
  return byDefault !== 'none' && /^[^\s`]+$/.test(byDefault);
}

/** Removes the escapes and code marks of Markdown. */
function asPlainText(markdown: string): string {
  return markdown.replaceAll('\\|', '|').replaceAll('`', '');
}
