import { isIP } from 'node:net';
import { isAlgorithm } from '../jwt/algorithms.js';
import { normalAudience } from '../jwt/audience.js';
import { LEAST_SECRET_BYTES } from '../jwt/secret-strength.js';
import { isName } from '../encoding/well-formed-text.js';

/** The entries of a comma-separated list, trimmed. */
export function listOf(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split(',').map((member) => member.trim());
}

/**
 * The entries of a list of previous secrets. Commas separate them, and a comma within one is written `\,`.
 */
export function secretsOf(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  return text.split(/(?<!\\),/).map((secret) => secret.replaceAll('\\,', ','));
}

/** Whether a text is an IP address, or a network by its prefix length (CIDR, RFC 4632 §3.1). */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  const widest = family === 4 ? 32 : 128;
  return (
    family !== 0 &&
    rest.length === 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= widest))
  );
}

/**
 * Whether a text is a path of unreserved characters. Dot segments are not accepted: clients remove them (RFC
 * 3986 §5.2.4), so no request could match.
 */
export function isBasePath(text: string): boolean {
  return /^\/?$|^\/?(?!\.{1,2}(\/|$))[A-Za-z0-9._~-]+(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._~-]+)*\/?$/.test(text);
}

/** Whether a text is an origin, as browsers send it in `Origin` (RFC 6454 §6.2). */
export function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

/** Whether a secret has the minimum length that any algorithm requires. */
export const isLongEnough = (secret: string): boolean => Buffer.byteLength(secret) >= LEAST_SECRET_BYTES;

/** Whether a text is a list of algorithms such as `ES256|HS256`, each once. */
export const isAlgorithmList = (text: string): boolean => {
  const names = text.split('|');
  return new Set(names).size === names.length && names.every(isAlgorithm);
};

/**
 * Splits a text such as `audience=ES256,other=RS256|HS256`. An audience may contain `=`, a list never does.
 */
export function audienceListsOf(
  text: string | undefined,
): readonly (readonly [audience: string, list: string])[] {
  return listOf(text).map((member) => {
    const equals = member.lastIndexOf('=');
    return [member.slice(0, Math.max(0, equals)).trim(), member.slice(equals + 1).trim()];
  });
}

/** Whether a text consists of such lists, with each audience once, in any spelling. */
export const isAudienceLists = (text: string): boolean => {
  const lists = audienceListsOf(text);
  const audiences = lists.map(([audience]) => normalAudience(audience));
  return (
    new Set(audiences).size === audiences.length &&
    lists.every(([audience, list]) => isName(audience) && isAlgorithmList(list))
  );
};
