import { createHmac } from 'node:crypto';
import { hostileJson, hostileText, type Member, objectText } from './fuzz-values.js';
import type { Random } from './random.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const ALGORITHMS = [
  ...['none', 'None', 'nOnE', 'HS256', 'hs256', 'HS384', 'HS512', 'RS256', 'ES256', 'ES384', 'EdDSA', ''],
];
const HEADER_NAMES = [
  ...['typ', 'kid', 'crit', 'b64', 'jwk', 'jku', 'x5c', 'x5u', 'cty', 'zip', '__proto__'],
];
const CLAIM_NAMES = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'client_id', 'scope', 'act'];

/** What a mutation may use. */
interface Material {
  readonly token: string;
  readonly other: string;
  readonly publicKeys: readonly string[];
}

const encode = (text: string): string => Buffer.from(text).toString('base64url');
const partsOf = (token: string): readonly [header: string, claims: string, signature: string] => {
  const [header = '', claims = '', signature = ''] = token.split('.');
  return [header, claims, signature];
};

/** An encoded object in which fields are replaced, added or omitted. */
function changed(random: Random, part: string, changes: Readonly<Record<string, string>>): string {
  const decoded = JSON.parse(Buffer.from(part, 'base64url').toString()) as Readonly<Record<string, unknown>>;
  const members = Object.entries(decoded).filter(([name]) => !random.chance(0.05) || name in changes);
  const texts = members.map(([name, value]): Member => [name, changes[name] ?? JSON.stringify(value)]);
  const added = Object.entries(changes).filter(
    ([name]) => random.chance(0.1) || !members.some(([known]) => known === name),
  );
  return encode(objectText([...texts, ...added]));
}

const MUTATIONS: readonly ((random: Random, material: Material) => string)[] = [
  function flipBit(random, { token }) {
    const at = random.between(0, token.length - 1);
    const bit = String.fromCharCode(token.charCodeAt(at) ^ (1 << random.between(0, 6)));
    return token.slice(0, at) + bit + token.slice(at + 1);
  },
  function replaceLetter(random, { token }) {
    const at = random.between(0, token.length - 1);
    return token.slice(0, at) + random.pick(ALPHABET) + token.slice(at + 1);
  },
  function swapParts(random, { token, other }) {
    const others = other.split('.');
    return token
      .split('.')
      .map((part, index) => (random.chance(0.5) ? part : String(others[index])))
      .join('.');
  },
  function reorderParts(random, { token }) {
    const parts = [...token.split('.'), '', 'e30'];
    return Array.from({ length: random.between(0, 6) }, () => random.pick(parts)).join('.');
  },
  function changeAlgorithm(random, { token }) {
    const [header, claims, signature] = partsOf(token);
    const alg = JSON.stringify(random.pick(ALGORITHMS));
    return [changed(random, header, { alg }), claims, random.pick([signature, '', 'AA'])].join('.');
  },
  function changeHeader(random, { token }) {
    const [header, claims, signature] = partsOf(token);
    const changes = { [random.pick(HEADER_NAMES)]: hostileJson(random) };
    return [changed(random, header, changes), claims, signature].join('.');
  },
  function changeClaim(random, { token }) {
    const [header, claims, signature] = partsOf(token);
    const changes = { [random.pick(CLAIM_NAMES)]: hostileJson(random) };
    return [header, changed(random, claims, changes), signature].join('.');
  },
  /** Signs with guessed secrets, such as the public key, which is the oldest attack (RFC 8725 §2.1). */
  function signAgain(random, { token, publicKeys }) {
    const [header, claims] = partsOf(token);
    const input = `${changed(random, header, { alg: '"HS256"' })}.${claims}`;
    const secret = random.pick(['', 'secret', 'changeme', '\0', ...publicKeys]);
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  },
  function addAround(random, { token }) {
    const extra = random.pick([' ', '\n', '=', '==', '.', '\0', '\u00a0', '"', 'Bearer ']);
    return random.chance(0.5) ? token + extra : extra + token;
  },
  (random, { token }) => token.slice(0, random.between(0, token.length - 1)),
  (random, { token }) => token + random.pick(ALPHABET).repeat(random.pick([1, 2, 4, 1_000, 16_000, 40_000])),
  (random) => hostileText(random),
];

/** @returns a text that is not a valid token, unless by chance it is one of those it was made from */
export function mutatedToken(
  random: Random,
  tokens: readonly string[],
  publicKeys: readonly string[],
): string {
  let token = random.pick(tokens);
  for (let times = random.between(1, 2); times > 0; times--) {
    const mutate = random.pick(MUTATIONS);
    try {
      token = mutate(random, { token, other: random.pick(tokens), publicKeys });
    } catch {
      // The first mutation left no readable parts.
      return token;
    }
    if (token === '') return '.';
  }
  return token;
}
