import { unescape } from 'node:querystring';

/** What is removed from any text. Every match contains its beginning, and a dot or whitespace. */
const CONFIDENTIAL: readonly { readonly beginning: RegExp; readonly pattern: RegExp }[] = [
  // A compact JWS. Its header begins with `{`, which base64url encodes as one of these beginnings, so a dotted
  // name such as a host name does not match. Text that precedes the header without a break is removed with it:
  // the search begins only at the start of a part, and checks first that the part ends in a dot, so that its
  // time is linear in the length of the text, not quadratic.
  {
    beginning: /ey[A-L]|ew[ko0]/,
    pattern: /(?<![\w-])(?=[\w-]+\.[\w-]{2,}\.)[\w-]*?(?:ey[A-L]|ew[ko0])[\w-]{5,}\.[\w-]{2,}\.[\w-]*/,
  },
  // The credentials of an Authorization header.
  {
    beginning: /[Bb]asic|BASIC|[Bb]earer|BEARER/,
    pattern: /\b(?:[Bb]asic|BASIC|[Bb]earer|BEARER)\s+\S+/,
  },
  // A private key in PEM.
  {
    beginning: /-----BEGIN /,
    pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/,
  },
];

const anyOf = (expressions: readonly RegExp[], flags?: string): RegExp =>
  new RegExp(expressions.map(({ source }) => source).join('|'), flags);

const CONFIDENTIAL_TEXT = anyOf(
  CONFIDENTIAL.map(({ pattern }) => pattern),
  'g',
);

/** Most texts contain none of these. Checking this first takes a quarter of the time of the whole search. */
const BEGINNING = anyOf(CONFIDENTIAL.map(({ beginning }) => beginning));

const SEPARATOR = /[.\s]/;

/** A run that may be random text: client secrets are 43 characters, 32 bytes in base64url. */
const RUN = /[A-Za-z0-9_+=-]{32,}/g;

const SHORTEST_RUN = 32;

/** Redacting a shorter secret would hide ordinary words. */
const SHORTEST_SECRET = 8;

const REMOVED = '[removed]';

/** The secrets of the settings, which need not look random. They are few, and live as long as the process. */
const secrets = new Set<string>();
let shortestSecret = Infinity;

/**
 * Makes {@link redactSecrets} remove a secret of the settings, whatever it looks like. Short ones are not
 * registered.
 */
export function registerSecret(secret: string): void {
  if (secret.length < SHORTEST_SECRET) return;
  secrets.add(secret);
  shortestSecret = Math.min(shortestSecret, secret.length);
}

/** Does the same with the password in a URL, both as it is written and as it is decoded. */
export function registerPasswordOf(url: string): void {
  const [, written = ''] = /^\w+:\/\/[^:@/]*:([^@/]+)@/.exec(url) ?? [];
  registerSecret(written);
  if (URL.canParse(url)) registerSecret(unescape(new URL(url).password));
}

/**
 * Removes tokens, credentials, private keys, random-looking runs and the secrets of the settings from a text
 * that others chose, such as a name or an error message. Every such text in a log line passes through here.
 */
export function redactSecrets(text: string): string {
  let left = text;
  if (text.length >= shortestSecret) {
    for (const secret of secrets) if (left.includes(secret)) left = left.replaceAll(secret, REMOVED);
  }
  if (SEPARATOR.test(left) && BEGINNING.test(left)) left = left.replace(CONFIDENTIAL_TEXT, REMOVED);
  return left.length < SHORTEST_RUN ? left : left.replace(RUN, (run) => (looksRandom(run) ? REMOVED : run));
}

/**
 * Whether a run of at least 32 characters is random text rather than a name. Names of this length are words:
 * of one case, or of few capitals and no digits. A UUID, a trace ID of 32 hexadecimal digits and a commit ID
 * of 40 are not secrets.
 */
function looksRandom(run: string): boolean {
  const lower = countOf(run, /[a-z]/g);
  const upper = countOf(run, /[A-Z]/g);
  const digits = countOf(run, /[0-9]/g);
  // One in 1,500 texts of 43 random base64url characters has no digit; about half of its letters are
  // capitals.
  if (lower > 0 && upper > 0) return digits > 0 || Math.min(lower, upper) * 4 > lower + upper;
  return digits > 0 && /[a-z0-9]{48}|[A-Z0-9]{48}/.test(run);
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

/** The message of an error, redacted, for a log; `unknown` for anything else that was thrown. */
export function reasonOf(cause: unknown): string {
  return redactSecrets(cause instanceof Error ? cause.message : 'unknown');
}
