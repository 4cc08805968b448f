import { isAlgorithm, ALGORITHMS, type Algorithm } from './algorithms.js';
import { decodeUtf8, isJsonObject, parseStrictJson } from '../encoding/strict-json.js';

/** A cause that the text itself reveals: a pattern, and what to do. */
type Cause = readonly [pattern: RegExp, hint: string];

// Every pattern runs on up to 16 KiB from an unauthenticated caller, so none may backtrack.

/**
 * What may precede a token. Leading whitespace and one leading quotation mark are removed before the check.
 */
const PREFIXES: readonly Cause[] = [
  [
    /^(Authorization\s?:\s?)?(Bearer|DPoP|Token|JWT)[\s:]/i,
    'The token has the word of a header before it, such as Bearer; send what follows it alone',
  ],
  [
    /^(Authorization\s?:\s?)?Basic\s/i,
    'The text is the id and secret of a client by HTTP Basic, not a token; ask for a token with them',
  ],
  [/^[{[]/, 'The token is within JSON, such as the whole response that contained it; send its value alone'],
  [
    /^[?&]?[A-Za-z_-]{1,32}=[^=]/,
    'The token has the name of a parameter before it; send what follows the equals sign',
  ],
];

/** What may surround a token or occur in it, in the order of the checks. */
const SPOILS: readonly Cause[] = [
  [/^["'`“‘]|["'`”’]$/, 'The token is in quotes, or has one of them; send it without the quotes'],
  [/,\s*\S/, 'The text has a comma, as if several tokens, headers or cookies were joined; send one token'],
  [/%[0-9A-Fa-f]{2}/, 'The token is percent-encoded, as in a URL; decode it first'],
  [/\s/, 'The token contains spaces or line ends, as if it was wrapped; send it in one piece'],
  [/…|\.\.\./, 'The token was shortened with dots, as for display; copy all of it'],
  [/=/, 'The token has padding; its parts are base64url without the equals sign'],
  [/[+/]/, 'The token is in base64 with plus signs or slashes; its parts are base64url'],
  [
    /[^A-Za-z0-9._-]/,
    'The token has a character other than letters, digits, hyphen, underscore and dot, which may be invisible',
  ],
];

const PARTS = 3;

/**
 * Names the likely reason why a text is not a compact JWS, without quoting any of it.
 *
 * @param token a text of limited length that is not three parts of canonical base64url
 * @returns one sentence without a full stop
 */
export function malformedTokenHint(token: string): string {
  const trimmed = token.trim();
  if (trimmed === '') return 'The token is empty or only whitespace';
  const unquoted = trimmed.replace(/^["'`“‘]/, '').trimStart();
  return (
    causeIn(PREFIXES, unquoted) ??
    causeIn(SPOILS, trimmed) ??
    (trimmed === token
      ? undefined
      : 'The token has spaces or a line end before or after it; send it without them') ??
    partsHint(token.split('.')) ??
    lengthHint(token)
  );
}

function causeIn(causes: readonly Cause[], text: string): string | undefined {
  return causes.find(([pattern]) => pattern.test(text))?.[1];
}

function partsHint(parts: readonly string[]): string | undefined {
  if (parts.length === 5 && headerOf(parts[0] ?? '')?.['enc'] !== undefined) {
    return 'The token is encrypted (JWE, five parts); this service accepts signed tokens (JWS, three parts)';
  }
  if (parts.length < PARTS) {
    const found = parts.length === 1 ? '1 part' : `${parts.length} parts`;
    return `The token is incomplete, or of another kind: it has ${found} of ${PARTS}, joined by dots`;
  }
  if (parts.length > PARTS) {
    return `The token has ${parts.length} parts instead of ${PARTS}, joined by dots, as if something follows it`;
  }
  const empty = ['header', 'claims'].filter((_name, i) => parts[i] === '');
  return empty.length > 0 ? `The token has no ${empty.join(' and no ')}: that part is empty` : undefined;
}

function lengthHint(token: string): string {
  const [header = '', , signature = ''] = token.split('.');
  if (!beginsAsJson(header)) return headerHint(header);
  const algorithm = headerOf(header)?.['alg'];
  const fault = isAlgorithm(algorithm) ? signatureLengthFault(signature.length, [], algorithm) : undefined;
  return fault
    ? `The token ${fault}`
    : 'A part of the token is not canonical base64url: it was cut off or changed';
}

/**
 * @param part the first part of a token, which is not base64url of a JSON object
 * @returns what is wrong with it
 */
export function headerHint(part: string): string {
  return beginsAsJson(part)
    ? 'The header is not one unambiguous JSON object'
    : 'The header is not a JSON object: the beginning of the token is missing, or it is of another kind';
}

/** Of the characters that can begin a JSON text, only `{` encodes to this letter. */
function beginsAsJson(part: string): boolean {
  return part.startsWith('e');
}

function headerOf(part: string): Readonly<Record<string, unknown>> | undefined {
  const text = decodeUtf8(Buffer.from(part, 'base64url'));
  const value = text === undefined ? undefined : parseStrictJson(text);
  return isJsonObject(value) ? value : undefined;
}

/**
 * Checks whether its length explains why no key verifies a signature.
 *
 * @param found length of the signature, in characters of base64url
 * @param possible signature lengths of the keys that were tried, in bytes; if empty, the algorithm decides
 * @returns what follows "The token"; `undefined` if the length is possible
 */
export function signatureLengthFault(
  found: number,
  possible: readonly number[],
  algorithm: Algorithm,
): string | undefined {
  const { leastSignatureBytes, keyPair } = ALGORITHMS[algorithm];
  const isKnown = possible.length > 0 || keyPair?.type !== 'rsa';
  const lengths = (possible.length > 0 ? possible : [leastSignatureBytes]).map(charactersOf);
  const [shortest, longest] = [Math.min(...lengths), Math.max(...lengths)];
  if (found < shortest) {
    const least = isKnown ? '' : 'at least ';
    return `is incomplete: its signature has ${found} of ${least}${shortest} characters`;
  }
  if (isKnown && found > longest) {
    return `is too long: its signature has ${found} characters instead of ${longest}, as if something follows it`;
  }
  return undefined;
}

/** @returns the number of base64url characters, without padding, that encode this many bytes */
function charactersOf(bytes: number): number {
  return Math.ceil((bytes * 4) / 3);
}
