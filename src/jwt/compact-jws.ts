import { BoundedMap } from '../concurrency/bounded-map.js';
import { algorithmNamed, isAlgorithm, type Algorithm } from './algorithms.js';
import { readClaims, type Claims } from './claims.js';
import { malformedTokenHint, headerHint } from './malformed-token-hint.js';
import { decodeUtf8, isInterchangeable, isJsonObject, parseStrictJson } from '../encoding/strict-json.js';

/** The longest token that is parsed, in characters (which are bytes, since only ASCII passes). */
export const MAX_TOKEN_LENGTH = 16 * 1024;

/** The `typ` of an issued token: any JWT, or an access token of RFC 9068. */
export type TokenType = 'JWT' | 'at+jwt';

/** A well-formed token. Its signature has not been verified yet. */
export interface Jws<Type> {
  readonly token: string;
  readonly algorithm: Algorithm;
  readonly keyId: string | undefined;
  /** The header's `typ`; `undefined` if it has none. */
  readonly type: Type | undefined;
  readonly claims: Claims;
}

/** A token of the types that this service issues. */
export type CompactJws = Jws<TokenType>;

/**
 * A token of any issuer and any type. The type is in lower case and without `application/`, which may be
 * omitted (RFC 7515 §4.1.9).
 */
export type OutsideJws = Jws<string>;

/** Three parts of base64url without padding, spaces or line ends (draft-ietf-oauth-rfc8725bis §3.14). */
const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)$/;

/** `application/` may be omitted (RFC 7515 §4.1.9); media types are case-insensitive. */
const TYPES: ReadonlyMap<string, TokenType> = new Map([
  ['jwt', 'JWT'],
  ['at+jwt', 'at+jwt'],
  ['application/at+jwt', 'at+jwt'],
]);

/**
 * Header parameters that change how a token is read, or that bring a key of the sender's own choice (RFC 8725
 * §3.10). A token with one of them is rejected: a sender who sets it expects it to be obeyed.
 */
const REFUSED_HEADERS = ['crit', 'b64', 'jwk', 'jku', 'x5c', 'x5u'];

/**
 * Parses a token strictly, before any key is tried. JWT libraries ignore `crit`, repair UTF-8, and accept
 * padding and duplicate names.
 *
 * @returns the parsed token, or one sentence without a full stop that says why it is malformed
 */
export function parseCompactJws(token: string): CompactJws | string {
  return parseJws(token, readOwnHeader);
}

/**
 * Parses a token of another issuer as strictly as {@link parseCompactJws}, but with any `typ`, and with every
 * name of an algorithm.
 *
 * @returns the parsed token, or one sentence without a full stop that says why it is malformed
 */
export function parseOutsideJws(token: string): OutsideJws | string {
  return parseJws(token, readOutsideHeader);
}

function parseJws<Type>(
  token: string,
  headerOf: (part: string) => JwsHeader<Type> | string,
): Jws<Type> | string {
  if (token.length > MAX_TOKEN_LENGTH) return 'The token is longer than 16 KiB';
  const parts = COMPACT.exec(token);
  if (!parts) return malformedTokenHint(token);
  const [, headerPart = '', claimsPart = '', signaturePart = ''] = parts;
  const isCanonical =
    isCanonicalBase64Url(headerPart) &&
    isCanonicalBase64Url(claimsPart) &&
    isCanonicalBase64Url(signaturePart);
  if (!isCanonical) return malformedTokenHint(token);
  const header = headerOf(headerPart);
  if (typeof header === 'string') return header;
  const claims = parseObject(claimsPart);
  if (!claims || !isInterchangeable(claims)) return 'The claims are not one unambiguous JSON object';
  const typed = readClaims(claims);
  if (typeof typed === 'string') return typed;
  // Spreading the header would take longer than all of its checks.
  const { algorithm, keyId, type } = header;
  return { token, algorithm, keyId, type, claims: typed };
}

type JwsHeader<Type> = Pick<Jws<Type>, 'algorithm' | 'keyId' | 'type'>;

/** Reads the parameters of a header that were not checked yet; a string says what is wrong. */
type HeaderParser<Type> = (header: Record<string, unknown>) => Omit<JwsHeader<Type>, 'keyId'> | string;

/** Most tokens share a few headers, so each header is parsed only once. */
const knownHeaders = new BoundedMap<JwsHeader<TokenType>>(64);
const knownOutsideHeaders = new BoundedMap<JwsHeader<string>>(64);

const readOwnHeader = (part: string): JwsHeader<TokenType> | string =>
  readHeader(part, knownHeaders, ownHeader);
const readOutsideHeader = (part: string): JwsHeader<string> | string =>
  readHeader(part, knownOutsideHeaders, outsideHeader);

function readHeader<Type>(
  part: string,
  known: BoundedMap<JwsHeader<Type>>,
  parse: HeaderParser<Type>,
): JwsHeader<Type> | string {
  const found = known.get(part);
  if (found) return found;
  const header = parseHeader(part, parse);
  if (typeof header === 'string' || part.length > 256) return header;
  known.set(part, header);
  return header;
}

function parseHeader<Type>(part: string, parse: HeaderParser<Type>): JwsHeader<Type> | string {
  const header = parseObject(part);
  if (!header) return headerHint(part);
  const parsed = parse(header);
  if (typeof parsed === 'string') return parsed;
  const refused = REFUSED_HEADERS.find((name) => Object.hasOwn(header, name));
  if (refused) return `The header has a parameter that is never accepted: ${refused}`;
  const { kid } = header;
  if (kid !== undefined && typeof kid !== 'string') return 'The kid in the header is not a string';
  return { algorithm: parsed.algorithm, keyId: kid, type: parsed.type };
}

const UNKNOWN_ALGORITHM = 'The algorithm in the header is not one that this service knows';

function ownHeader({ alg, typ }: Record<string, unknown>): ReturnType<HeaderParser<TokenType>> {
  if (!isAlgorithm(alg)) return UNKNOWN_ALGORITHM;
  const type = typeof typ === 'string' ? TYPES.get(typ.toLowerCase()) : undefined;
  return typ !== undefined && type === undefined
    ? 'The typ in the header is neither JWT nor at+jwt'
    : { algorithm: alg, type };
}

function outsideHeader({ alg, typ }: Record<string, unknown>): ReturnType<HeaderParser<string>> {
  const algorithm = algorithmNamed(alg);
  if (!algorithm) return UNKNOWN_ALGORITHM;
  if (typ === undefined) return { algorithm, type: undefined };
  return typeof typ === 'string'
    ? { algorithm, type: mediaType(typ) }
    : 'The typ in the header is not a string';
}

/** @returns a `typ` as it is compared: in lower case, and without `application/` (RFC 7515 §4.1.9) */
export function mediaType(typ: string): string {
  return typ.toLowerCase().replace(/^application\/(?=[^/]*$)/, '');
}

/**
 * @returns the JSON object in one part of a compact JWS; `undefined` unless the part is canonical base64url
 *   of one unambiguous object
 */
export function parsePart(part: string): Record<string, unknown> | undefined {
  return isBase64Url(part) ? parseObject(part) : undefined;
}

/**
 * @returns the bytes of canonical base64url (RFC 7515 §2); `undefined` if the text is empty or has padding,
 *   spaces or line ends
 */
export function canonicalBytes(text: string): Buffer | undefined {
  return isBase64Url(text) ? Buffer.from(text, 'base64url') : undefined;
}

const isBase64Url = (text: string): boolean => /^[A-Za-z0-9_-]+$/.test(text) && isCanonicalBase64Url(text);

function parseObject(part: string): Record<string, unknown> | undefined {
  const text = decodeUtf8(Buffer.from(part, 'base64url'));
  const value = text === undefined ? undefined : parseStrictJson(text);
  return isJsonObject(value) ? value : undefined;
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * Whether the unused bits of the last character are zero: otherwise the same bytes have several encodings.
 */
function isCanonicalBase64Url(part: string): boolean {
  const rest = part.length % 4;
  if (rest === 0) return true;
  if (rest === 1) return false;
  const spareBits = rest === 2 ? 0b1111 : 0b11;
  return (BASE64URL.indexOf(part.charAt(part.length - 1)) & spareBits) === 0;
}

/** Encodes a header or claims as a part of a compact JWS (RFC 7515 §3.1). */
export function encodePart(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
