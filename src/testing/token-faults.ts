import type { RefusalCode } from '../jwt/verification-result.js';
import { mac, makeTestKey, type TestKey } from './test-key.js';

/** A token before it is signed. */
export interface TokenDraft {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** @returns the signature of a signing input, in base64url */
  readonly sign: (input: string) => string | Promise<string>;
}

interface Fault {
  /** The code with which a receiver refuses such a token. */
  readonly code: RefusalCode;
  readonly applyTo: (draft: TokenDraft, key: TestKey, now: number) => TokenDraft;
}

const withClaims = (draft: TokenDraft, claims: TokenDraft['claims']): TokenDraft => ({
  ...draft,
  claims: { ...draft.claims, ...claims },
});

const withHeader = (draft: TokenDraft, header: TokenDraft['header']): TokenDraft => ({
  ...draft,
  header: { ...draft.header, ...header },
});

const signedByAnother = (draft: TokenDraft, { algorithm }: TestKey): TokenDraft => ({
  ...draft,
  sign: (input) => makeTestKey(algorithm).sign(input),
});

const FAULTS = {
  expired: {
    code: 'token_expired',
    applyTo: (draft, _key, now) => withClaims(draft, { iat: now - 120, exp: now - 60 }),
  },
  not_yet_valid: {
    code: 'token_not_yet_valid',
    applyTo: (draft, _key, now) => withClaims(draft, { nbf: now + 60, exp: now + 120 }),
  },
  other_issuer: {
    code: 'invalid_issuer',
    applyTo: (draft) => withClaims(draft, { iss: 'https://another-issuer.example' }),
  },
  other_audience: {
    code: 'invalid_audience',
    applyTo: (draft) => withClaims(draft, { aud: 'another-service' }),
  },
  /** The signature is changed. */
  wrong_signature: {
    code: 'invalid_signature',
    applyTo: (draft) => ({ ...draft, sign: async (input) => changed(await draft.sign(input)) }),
  },
  /** Another key signed it, under the `kid` of the valid key. */
  foreign_key: { code: 'invalid_signature', applyTo: signedByAnother },
  /** Another key signed it, under a `kid` that is not published. */
  unknown_key: {
    code: 'invalid_signature',
    applyTo: (draft, key) => withHeader(signedByAnother(draft, key), { kid: 'unknown-key' }),
  },
  /** `alg` is `none`, and there is no signature (RFC 8725 §2.1). */
  unsigned: {
    code: 'malformed_token',
    applyTo: (draft) => ({ ...withHeader(draft, { alg: 'none' }), sign: () => '' }),
  },
  /**
   * Signed with HS256, with the public key as the secret (RFC 8725 §2.1); with an empty secret if there is no
   * public key.
   */
  public_key_as_secret: {
    code: 'invalid_signature',
    applyTo: (draft, { pem }) => ({
      ...withHeader(draft, { alg: 'HS256' }),
      sign: (input) => mac(input, 'HS256', pem),
    }),
  },
} as const satisfies Readonly<Record<string, Fault>>;

/** A fault that a token can have: one of the keys of {@link TOKEN_FAULTS}. */
export type TokenFault = keyof typeof FAULTS;

/** The code of the refusal that each fault causes, for table tests such as `it.each`. */
export const TOKEN_FAULTS = Object.fromEntries(
  Object.entries(FAULTS).map(([fault, { code }]) => [fault, code]),
) as Readonly<Record<TokenFault, RefusalCode>>;

/**
 * Adds a fault to a token.
 *
 * @param key the key that signs valid tokens
 * @param now seconds since 1970
 */
export function withFault(draft: TokenDraft, fault: TokenFault, key: TestKey, now: number): TokenDraft {
  return FAULTS[fault].applyTo(draft, key, now);
}

/** Changes a signature and keeps it well-formed: its first character has no unused bits. */
function changed(signature: string): string {
  return (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);
}
