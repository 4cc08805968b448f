import { type createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';

export type Jwk = JsonWebKey & Readonly<Record<string, unknown>>;

function pairOf(type: string, options: object = {}): { readonly publicJwk: Jwk; readonly privateJwk: Jwk } {
  const generate = generateKeyPairSync as unknown as (
    type: string,
    options: object,
  ) => { privateKey: ReturnType<typeof createPrivateKey> };
  const { privateKey } = generate(type, options);
  return {
    publicJwk: createPublicKey(privateKey).export({ format: 'jwk' }),
    privateJwk: privateKey.export({ format: 'jwk' }),
  };
}

/** A valid pair of each kind. */
export const VALID_PAIRS = {
  RSA: pairOf('rsa', { modulusLength: 2048 }),
  'P-256': pairOf('ec', { namedCurve: 'P-256' }),
  'P-384': pairOf('ec', { namedCurve: 'P-384' }),
  Ed25519: pairOf('ed25519'),
} as const;

const RSA = VALID_PAIRS.RSA.publicJwk;
const EC = VALID_PAIRS['P-256'].publicJwk;
const OKP = VALID_PAIRS.Ed25519.publicJwk;

/** A number as a JWK encodes it (RFC 7518 §2). */
export function base64UrlOf(number: bigint): string {
  const hex = number.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
}

const bytes = (text: unknown): Buffer => Buffer.from(String(text), 'base64url');
const prefixed = (text: unknown): string =>
  Buffer.concat([Buffer.alloc(1), bytes(text)]).toString('base64url');

/** An odd number of exactly this many bits, for checks that do not depend on its factors. */
export function modulusOf(bits: number): string {
  return base64UrlOf((1n << BigInt(bits - 1)) + 1n);
}

/** The points of edwards25519 whose order divides 8, in all encodings (also y over the field order). */
export const SMALL_ORDER_POINTS: readonly string[] = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
];

/** Public keys that no part of the service may use, by their fault. */
export const BAD_KEYS: readonly (readonly [name: string, jwk: Jwk])[] = [
  ['RSA with the exponent 1', { ...RSA, e: 'AQ' }],
  ['RSA with the exponent 2', { ...RSA, e: 'Ag' }],
  ['RSA with the exponent 3', { ...RSA, e: 'Aw' }],
  ['RSA with the exponent 17', { ...RSA, e: 'EQ' }],
  ['RSA with the exponent 65535', { ...RSA, e: base64UrlOf(65535n) }],
  ['RSA with the exponent 2^16', { ...RSA, e: base64UrlOf(2n ** 16n) }],
  ['RSA with an even exponent over 2^16', { ...RSA, e: base64UrlOf(65538n) }],
  ['RSA with the exponent 2^32', { ...RSA, e: base64UrlOf(2n ** 32n) }],
  ['RSA with the exponent 2^32 + 1', { ...RSA, e: base64UrlOf(2n ** 32n + 1n) }],
  ['RSA with an exponent of 3072 bits', { ...RSA, e: modulusOf(3072) }],
  ['RSA with the exponent 0', { ...RSA, e: 'AA' }],
  ['RSA with a zero before the exponent', { ...RSA, e: 'AAEAAQ' }],
  ['RSA with a padded exponent', { ...RSA, e: 'AQAB==' }],
  ['RSA with an exponent that is a number', { ...RSA, e: 65537 as unknown as string }],
  ['RSA without an exponent', { kty: 'RSA', n: String(RSA.n) }],
  ['RSA without a modulus', { kty: 'RSA', e: 'AQAB' }],
  ['RSA of 1024 bits', { ...RSA, n: modulusOf(1024) }],
  ['RSA of 2047 bits', { ...RSA, n: modulusOf(2047) }],
  ['RSA of 8193 bits', { ...RSA, n: modulusOf(8193) }],
  ['RSA of 20,000 bits', { ...RSA, n: modulusOf(20_000) }],
  ['RSA of 400,000 bits', { ...RSA, n: modulusOf(400_000) }],
  ['RSA with an even modulus', { ...RSA, n: base64UrlOf(2n ** 2048n - 2n) }],
  ['RSA with the modulus 0', { ...RSA, n: 'AA' }],
  [
    'RSA with zeros before a short modulus',
    { ...RSA, n: Buffer.alloc(256, 0).fill(1, 200).toString('base64url') },
  ],
  ['RSA with a zero before the modulus', { ...RSA, n: prefixed(RSA.n) }],
  ['RSA with a padded modulus', { ...RSA, n: `${RSA.n}==` }],
  ['RSA with a space in the modulus', { ...RSA, n: ` ${RSA.n}` }],
  [
    'RSA with a modulus in plain base64',
    { ...RSA, n: `${String(RSA.n).slice(0, 4)}+/${String(RSA.n).slice(6)}` },
  ],
  ['RSA with a modulus that is not a string', { ...RSA, n: [RSA.n] as unknown as string }],
  ['RSA by the name of PSS', { ...RSA, kty: 'RSASSA-PSS' }],
  ['a kty in another case', { ...EC, kty: 'ec' }],
  ['a kty that is not a string', { ...EC, kty: ['EC'] as unknown as string }],
  ['no kty', { crv: 'P-256', x: String(EC.x), y: String(EC.y) }],
  ['a point off the curve', { ...EC, x: Buffer.alloc(32, 1).toString('base64url') }],
  ['x and y exchanged', { ...EC, x: String(EC.y), y: String(EC.x) }],
  ['the point (0, 0)', { ...EC, x: 'A'.repeat(43), y: 'A'.repeat(43) }],
  ['a point of another curve', { ...EC, crv: 'P-384' }],
  ['half a point', { kty: 'EC', crv: 'P-256', x: String(EC.x) }],
  ['a coordinate with a zero before it', { ...EC, x: prefixed(EC.x) }],
  ['a coordinate that is too short', { ...EC, y: bytes(EC.y).subarray(1).toString('base64url') }],
  ['a padded coordinate', { ...EC, x: `${EC.x}=` }],
  ['a coordinate with bits to spare', { ...EC, x: `${String(EC.x).slice(0, -1)}_` }],
  ['P-521', pairOf('ec', { namedCurve: 'P-521' }).publicJwk],
  ['secp256k1', pairOf('ec', { namedCurve: 'secp256k1' }).publicJwk],
  ['a curve of Object.prototype', { ...EC, crv: 'constructor' }],
  ['Ed448', pairOf('ed448').publicJwk],
  ['X25519, which cannot sign', pairOf('x25519').publicJwk],
  ['an Ed25519 key of 31 bytes', { ...OKP, x: bytes(OKP.x).subarray(1).toString('base64url') }],
  ['an Ed25519 key of 33 bytes', { ...OKP, x: prefixed(OKP.x) }],
  [
    'an Ed25519 point off the curve',
    { ...OKP, x: Buffer.from(`02${'00'.repeat(31)}`, 'hex').toString('base64url') },
  ],
  ...SMALL_ORDER_POINTS.map(
    (hex) =>
      [`the Ed25519 point ${hex}`, { ...OKP, x: Buffer.from(hex, 'hex').toString('base64url') }] as const,
  ),
  ['a shared secret', { kty: 'oct', k: 'c2VjcmV0' }],
  ['a shared secret without its value', { kty: 'oct' }],
  ...(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const).map(
    (name) => [`the private member ${name}`, { ...RSA, [name]: '' }] as const,
  ),
  ['a private RSA key', VALID_PAIRS.RSA.privateJwk],
  ['a private EC key', VALID_PAIRS['P-256'].privateJwk],
  ['a private Ed25519 key', VALID_PAIRS.Ed25519.privateJwk],
  ...(
    [
      'none',
      'None',
      'HS256',
      'HS512',
      5,
      null,
      true,
      [],
      {},
      '',
      'ES384',
      'RS256',
      'rs256',
      'toString',
    ] as const
  ).map((alg) => [`the alg ${JSON.stringify(alg)}`, { ...EC, alg }] as const),
  ['an RSA key for ES256', { ...RSA, alg: 'ES256' }],
  ['an RSA key for decryption', { ...RSA, alg: 'RSA-OAEP' }],
  ['an Ed25519 key for ECDH', { ...OKP, alg: 'ECDH-ES' }],
  ...(['enc', 'Sig', '', 'jwt-svid', 5, null, ['sig']] as const).map(
    (use) => [`the use ${JSON.stringify(use)}`, { ...EC, use }] as const,
  ),
  ...(
    [
      ['encrypt'],
      ['sign'],
      [],
      ['Verify'],
      'verify',
      {},
      null,
      5,
      ['verify', 5],
      ['verify', 'verify'],
    ] as const
  ).map(
    (operations) => [`the key_ops ${JSON.stringify(operations)}`, { ...EC, key_ops: operations }] as const,
  ),
  ...([5, null, {}, ['a'], true] as const).map(
    (kid) => [`the kid ${JSON.stringify(kid)}`, { ...EC, kid }] as const,
  ),
];
