import { kindOf } from '../encoding/kind-of.js';
import { reasonOf } from '../encoding/redact-secrets.js';
import { bearerToken, rawHeadersOf, type RawHeaders } from './bearer-token.js';
import type { TokenFrom } from './identity-auth-options.js';

/** Reads the token of a request; `undefined` if it has none. Never throws. */
export type TokenSource = (request: object) => string | undefined;

/** A token of RFC 9110 §5.6.2, which the name of a header or a cookie must be. */
const NAME = /^[!#$%&'*+.^`|~\w-]+$/;

/** A request is refused with it: no text is a token, and this one is not even three parts. */
const NO_TOKEN = '';

/** @returns what is wrong with the option; `undefined` if it is valid */
export function tokenFromFault(tokenFrom: unknown): string | undefined {
  if (tokenFrom === undefined || typeof tokenFrom === 'function') return undefined;
  const isObject = kindOf(tokenFrom) === 'an object';
  const entries = isObject ? Object.entries(tokenFrom as object) : [];
  const [kind, name]: readonly unknown[] = entries[0] ?? [];
  if (entries.length !== 1 || (kind !== 'cookie' && kind !== 'header')) {
    const found = isObject ? 'another object' : kindOf(tokenFrom);
    return `tokenFrom must be { cookie: name }, { header: name } or a function, not ${found}`;
  }
  if (typeof name === 'string' && NAME.test(name)) return undefined;
  const found = typeof name === 'string' && name !== '' ? 'other characters' : kindOf(name);
  return `tokenFrom.${kind} must be the name of a ${kind}, not ${found}`;
}

/**
 * @param tokenFrom valid
 * @param report receives why a function of the application found no token, without anything of the request
 */
export function tokenSource(tokenFrom: TokenFrom | undefined, report: (reason: string) => void): TokenSource {
  if (tokenFrom === undefined) return bearerToken;
  if (typeof tokenFrom === 'function') return (request) => callSource(tokenFrom, request, report);
  if ('cookie' in tokenFrom) return (request) => onlyOne(cookieValues(request, tokenFrom.cookie));
  const name = tokenFrom.header.toLowerCase();
  return (request) => onlyOne(headerValues(request, name));
}

/** Several values, equal or not, are no token: something in front may have checked another one. */
function onlyOne(values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : values.join(', ');
}

/** What is read of a request of Express, Fastify, `node:http` or a WebSocket's handshake. */
interface ReceivedRequest extends RawHeaders {
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>> | null;
}

/** @param name in lower case */
function headerValues(request: ReceivedRequest, name: string): readonly string[] {
  const { headers } = request;
  const value = headers && Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (value === undefined) return [];
  // Node joins the values of a repeated header, or keeps only the first of some.
  const raw = rawHeadersOf(request);
  const received = raw.filter(
    (_each, index) => index % 2 === 1 && String(raw[index - 1]).toLowerCase() === name,
  );
  return (received.length > 0 ? received : [value].flat()).map(String);
}

/** Reads a cookie from the pairs of RFC 6265 §4.2.1; its value may be in quotes (§4.1.1). */
function cookieValues({ headers }: ReceivedRequest, name: string): readonly string[] {
  // Over HTTP/2, cookies may arrive in several fields (RFC 9113 §8.2.3), which Node joins.
  const pairs = [headers?.['cookie'] ?? ''].flat().map(String).join(';').split(';');
  return pairs
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1).replace(/^"(.*)"$/, '$1'));
}

function callSource(
  read: (request: object) => unknown,
  request: object,
  report: (reason: string) => void,
): string | undefined {
  try {
    const token = read(request);
    if (typeof token === 'string') return token;
    if (token === undefined || token === null) return undefined;
    // A rejection of the promise is reported here, too.
    if (token instanceof Promise) token.catch(() => undefined);
    report(`tokenFrom must return a string or undefined, not ${kindOf(token)}`);
  } catch (cause) {
    report(`tokenFrom failed: ${reasonOf(cause)}`);
  }
  return NO_TOKEN;
}
