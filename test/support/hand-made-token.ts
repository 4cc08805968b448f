import { createHmac } from 'node:crypto';
import { NEW_YEAR } from './moved-clock.js';
import { SECRET } from './settings.js';

const HASHES: Readonly<Record<string, string>> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };

/** Claims of a token that is valid at {@link NEW_YEAR}. */
export const VALID_CLAIMS = {
  iss: 'identity-backend',
  sub: 'user-42',
  aud: 'logging-service',
  iat: NEW_YEAR,
  exp: NEW_YEAR + 900,
  jti: 'token-1',
} as const;

/** Changes to a valid token. */
export interface Difference {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly secret?: string;
  readonly algorithm?: string;
}

/** A token made without any code of the service; a field that is `undefined` is omitted. */
export function handMadeToken({
  header,
  claims,
  secret = SECRET,
  algorithm = 'HS256',
}: Difference = {}): string {
  const headerText = JSON.stringify({ alg: algorithm, typ: 'JWT', ...header });
  return signedParts(headerText, JSON.stringify({ ...VALID_CLAIMS, ...claims }), secret, algorithm);
}

/** Signs any two texts or bytes as if they were a header and claims. */
export function signedParts(
  header: string | Uint8Array,
  claims: string | Uint8Array,
  secret: string | Uint8Array = SECRET,
  algorithm = 'HS256',
): string {
  return signed(`${base64Url(header)}.${base64Url(claims)}`, secret, algorithm);
}

/** Adds the MAC of a signing input. */
export function signed(input: string, secret: string | Uint8Array = SECRET, algorithm = 'HS256'): string {
  return `${input}.${createHmac(HASHES[algorithm] ?? 'sha256', secret)
    .update(input)
    .digest('base64url')}`;
}

export function base64Url(part: string | Uint8Array): string {
  return Buffer.from(part).toString('base64url');
}

/** The header and the claims of a token, read without any code of the service. */
export function readToken(token: string): {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
} {
  const [header = '', claims = ''] = token.split('.');
  return { header: readPart(header), claims: readPart(claims) };
}

function readPart(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>;
}
