import { unescape } from 'node:querystring';

/**
 * A compact JWS, whose header begins with `{` and so, in base64url, with one of these; or the credentials of
 * an Authorization header. A dotted name such as a host name is neither. Text that precedes the header
 * without a break is removed with it: the search begins only at the start of a part and checks first that the
 * part ends in a dot, so its time grows with the text and not with its square.
 */
const CONFIDENTIAL =
  /(?<![\w-])(?=[\w-]+\.[\w-]{2,}\.)[\w-]*?(?:ey[A-L]|ew[ko0])[\w-]{5,}\.[\w-]{2,}\.[\w-]*|\b(?:[Bb]asic|BASIC|[Bb]earer|BEARER)\s+\S+|-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;

/** A run that may be random text: client secrets are 43 characters, 32 bytes in base64url. */
const RUN = /[A-Za-z0-9_+=-]{32,}/g;

/** Everything that {@link CONFIDENTIAL} matches contains one of these. */
const SEPARATOR = /[.\s]/;

/** It also contains one of these. Most texts have none, and this check takes a quarter of the time. */
const BEGINNING = /ey[A-L]|ew[ko0]|[Bb]asic|BASIC|[Bb]earer|BEARER|-----BEGIN /;

const SHORTEST_RUN = 32;

/** Redacting a shorter secret would hide ordinary words. */
const SHORTEST_SECRET = 8;

const REMOVED = '[removed]';

/** The secrets of the settings, which need not look random. They are few and live as long as the process. */
const secrets = new Set<string>();
let shortestSecret = Infinity;

/** Makes {@link redactSecrets} remove a secret of the settings, whatever it looks like. */
export function registerSecret(secret: string): void {
  if (secret.length < SHORTEST_SECRET) return;
  secrets.add(secret);
  shortestSecret = Math.min(shortestSecret, secret.length);
}

/** Does the same with the password in a URL, as it is written there and as it is sent. */
export function registerPasswordOf(url: string): void {
  const [, written = ''] = /^\w+:\/\/[^:@/]*:([^@/]+)@/.exec(url) ?? [];
  registerSecret(written);
  if (URL.canParse(url)) registerSecret(unescape(new URL(url).password));
}

/**
 * Removes tokens, credentials, private keys, random-looking runs and the secrets of the settings from a text
 * of foreign origin, such as a name or an error message. Every such text in a log line passes through here.
 */
export function redactSecrets(text: string): string {
  let left = text;
  if (text.length >= shortestSecret) {
    for (const secret of secrets) if (left.includes(secret)) left = left.replaceAll(secret, REMOVED);
  }
  if (SEPARATOR.test(left) && BEGINNING.test(left)) left = left.replace(CONFIDENTIAL, REMOVED);
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
  // Of 43 random characters of base64url, one in 1,500 has no digit; then every other letter is a capital.
  if (lower > 0 && upper > 0) return digits > 0 || Math.min(lower, upper) * 4 > lower + upper;
  return digits > 0 && /[a-z0-9]{48}|[A-Z0-9]{48}/.test(run);
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
