/** What stands in examples and templates where a secret should be. */
const PLACEHOLDERS: ReadonlySet<string> = new Set(
  `
  <strong-shared-secret> strong-shared-secret your_shared_secret your-shared-secret shared_secret
  changeme change-me change_me changeit change-this replace-me replaceme placeholder secret
  mysecret my-secret supersecret super-secret secretkey secret-key secret_key your-secret
  your_secret your-secret-key your_secret_key your-256-bit-secret jwt-secret jwt_secret
  jwt_secret_key jwtsecret password test dev default example todo xxx
`
    .trim()
    .split(/\s+/),
);

/** Below this many bytes a secret can be found by trying (RFC 7518 §3.2, for the shortest hash). */
export const LEAST_SECRET_BYTES = 32;

/** What makes a secret unfit to sign with, in words that tell nothing of it; `undefined` where it is fit. */
export function secretWeakness(secret: string, leastBytes: number): string | undefined {
  if (isPlaceholder(secret)) return 'is a known placeholder';
  if (isKeyText(secret)) return 'is the text of a PEM or JWK, not a shared secret';
  if (Buffer.byteLength(secret) < leastBytes) return `is under ${leastBytes} bytes`;
  return undefined;
}

/** What commonly differs between two copies of a secret, in words that tell nothing else of it. */
export function secretWarnings(secret: string): string[] {
  const warnings: (string | false)[] = [
    /\r?\n$/.test(secret) && 'has a trailing newline',
    secret !== secret.trim() && 'has surrounding white space',
    /^\s*(["']).*\1\s*$/s.test(secret) && 'is wrapped in quotes',
    isPlaceholder(secret) && 'is a known placeholder',
    isKeyText(secret) && 'is the text of a PEM or JWK, not a shared secret',
    Buffer.byteLength(secret) < LEAST_SECRET_BYTES && `is under ${LEAST_SECRET_BYTES} bytes`,
  ];
  return warnings.filter((warning) => warning !== false);
}

/** A placeholder stays one when it is quoted, spelled otherwise, or repeated until it is long enough. */
function isPlaceholder(secret: string): boolean {
  const plain = secret
    .trim()
    .replace(/^["']|["']$/g, '')
    .toLowerCase();
  if (PLACEHOLDERS.has(plain)) return true;
  return [...PLACEHOLDERS].some((word) => isRepetition(plain, word)) || isRepetition(plain, plain.charAt(0));
}

function isRepetition(text: string, word: string): boolean {
  if (text === '' || text.length < word.length * 2) return false;
  const separators = ['', '-', '_', ' ', '.'];
  return separators.some((separator) => (word + separator).repeat(text.length).startsWith(text));
}

function isKeyText(secret: string): boolean {
  return secret.includes('-----BEGIN ') || /^\s*\{.*"kty"\s*:/s.test(secret);
}
