/** Placeholders that examples and templates contain. */
const PLACEHOLDERS = `
  <strong-shared-secret> strong-shared-secret your_shared_secret your-shared-secret shared_secret
  changeme change-me change_me changeit change-this replace-me replaceme placeholder secret
  mysecret my-secret supersecret super-secret secretkey secret-key secret_key your-secret
  your_secret your-secret-key your_secret_key your-256-bit-secret jwt-secret jwt_secret
  jwt_secret_key jwtsecret password test dev default example todo xxx
`
  .trim()
  .split(/\s+/)
  .map(plainText);

/** Matches the longest first, so that `yoursecretkey` is not read as `secret` between other letters. */
const PLACEHOLDER_WORDS = new RegExp(
  [...new Set(PLACEHOLDERS)].sort((one, other) => other.length - one.length).join('|'),
  'g',
);

/** A secret with fewer letters and digits than this, placeholders not counted, is weak. */
const LEAST_UNKNOWN_CHARACTERS = 8;

/** A secret shorter than this, in bytes, can be guessed (RFC 7518 §3.2, for the shortest hash). */
export const LEAST_SECRET_BYTES = 32;

/** Whitespace, control and format characters, and letters that are drawn as a space. */
const BLANK = String.raw`[\s\p{Z}\p{Cc}\p{Cf}\u115F\u1160\u2800\u3164\uFFA0]`;
const ONLY_BLANKS = new RegExp(`^${BLANK}+$`, 'u');
const OUTER_BLANKS = new RegExp(`^${BLANK}+|${BLANK}+$`, 'gu');
const BLANKS_AND_QUOTES = new RegExp(`${BLANK}|["'\`\u2018-\u201F]`, 'gu');

/**
 * Checks whether a secret is fit to sign or encrypt with. The service, `TokenModule` and the guard share this
 * check.
 *
 * @param leastBytes its minimum length in bytes
 * @returns a predicate that says why not and discloses nothing about the secret; `undefined` if it is fit
 */
export function secretWeakness(secret: string, leastBytes: number): string | undefined {
  if (ONLY_BLANKS.test(secret)) return 'is nothing but white space';
  if (isPlaceholder(secret)) return 'is a known placeholder';
  if (isKeyText(secret)) return 'is the text of a PEM or JWK, not a shared secret';
  if (Buffer.byteLength(secret) < leastBytes) return `is under ${leastBytes} bytes`;
  if (isRepetition(secret)) return 'is a short text repeated';
  const content = secret.replace(OUTER_BLANKS, '');
  if (Buffer.byteLength(content) * 2 < leastBytes) return 'is a short text padded with white space';
  return undefined;
}

/**
 * What commonly differs between two copies of a secret, as predicates that disclose nothing else about it.
 */
export function secretWarnings(secret: string): string[] {
  const weakness = secretWeakness(secret, LEAST_SECRET_BYTES);
  const warnings: (string | false | undefined)[] = [
    /\r?\n$/.test(secret) && 'has a trailing newline',
    secret !== secret.trim() && 'has surrounding white space',
    /^\s*(["']).*\1\s*$/s.test(secret) && 'is wrapped in quotes',
    weakness,
    Buffer.byteLength(secret) < LEAST_SECRET_BYTES && `is under ${LEAST_SECRET_BYTES} bytes`,
  ];
  return [...new Set(warnings)].filter((warning) => typeof warning === 'string');
}

/** Whether two secrets differ only in whitespace, line ends and quotes, as copies of one secret do. */
export function isSameSecret(one: string, other: string): boolean {
  return one.replace(BLANKS_AND_QUOTES, '') === other.replace(BLANKS_AND_QUOTES, '');
}

/**
 * The letters and digits only, in one spelling: quotes, separators, spaces and case do not turn a placeholder
 * into a secret.
 */
function plainText(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/**
 * A placeholder remains one if it is quoted, spelled differently, padded, joined with others, or repeated
 * until it is long enough.
 */
function isPlaceholder(secret: string): boolean {
  if (period(secret.replace(BLANKS_AND_QUOTES, '')) === 1) return true;
  const plain = plainText(secret);
  if (!isMostlyLettersAndDigits(plain, secret)) return false;
  if (PLACEHOLDERS.some((word) => isRepetitionOf(word, plain))) return true;
  const unknown = plain.replace(PLACEHOLDER_WORDS, '');
  return unknown.length < plain.length && unknown.length < LEAST_UNKNOWN_CHARACTERS;
}

function isRepetitionOf(word: string, text: string): boolean {
  return text.length >= word.length && word.repeat(Math.ceil(text.length / word.length)).startsWith(text);
}

/**
 * Separators and padding use this few kinds of punctuation; random punctuation of a secret's length uses
 * more.
 */
const MOST_SEPARATORS = 6;

/** Whether the letters and digits represent the secret. In one of mostly random punctuation they do not. */
function isMostlyLettersAndDigits(plain: string, secret: string): boolean {
  const content = secret.replace(BLANKS_AND_QUOTES, '');
  const others = new Set(content.replace(/[\p{L}\p{N}]/gu, ''));
  return plain.length * 2 >= content.length || others.size <= MOST_SEPARATORS;
}

/**
 * Whether a unit too short to be a secret is repeated until it is long enough, with or without separators.
 */
function isRepetition(secret: string): boolean {
  const plain = plainText(secret);
  const texts = [
    secret.replace(BLANKS_AND_QUOTES, ''),
    ...(isMostlyLettersAndDigits(plain, secret) ? [plain] : []),
  ];
  return texts.some((text) => {
    const length = period(text);
    return length * 2 <= text.length && Buffer.byteLength(text.slice(0, length)) < LEAST_SECRET_BYTES;
  });
}

/**
 * The length of the shortest unit that, repeated, makes the text; the last repetition may be cut short
 * (Knuth, Morris, Pratt).
 */
function period(text: string): number {
  const borders = [0];
  let border = 0;
  for (let index = 1; index < text.length; index++) {
    while (border > 0 && text[index] !== text[border]) border = borders[border - 1] ?? 0;
    if (text[index] === text[border]) border++;
    borders.push(border);
  }
  return text.length < 2 ? Infinity : text.length - border;
}

/** PEM, JWK, an SSH public key, and the first two in base64, as container configuration often has them. */
const KEY_TEXTS =
  /-----BEGIN |kty\\?["']\s*:|^\s*["']?(?:ssh-(?:rsa|ed25519)|ecdsa-sha2-)|^["'\s]*LS0tLS1CRUdJTi|^["'\s]*eyJrdHki/i;

function isKeyText(secret: string): boolean {
  return KEY_TEXTS.test(secret);
}
