// Tokens that nobody issued, made of ones that somebody did.
import { createHmac } from 'node:crypto';
import { hostileJson, hostileText, objectText } from './hostile-values.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const ALGORITHMS = [
  'none',
  'None',
  'nOnE',
  'HS256',
  'hs256',
  'HS384',
  'HS512',
  'RS256',
  'ES256',
  'ES384',
  'EdDSA',
  '',
];

const encode = (text) => Buffer.from(text).toString('base64url');
const decode = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());

/** The text of an object in which members are replaced or added. */
function changed(random, part, changes) {
  const members = Object.entries(decode(part)).filter(([name]) => !random.chance(0.05) || name in changes);
  const texts = members.map(([name, value]) => [name, changes[name] ?? JSON.stringify(value)]);
  const added = Object.entries(changes).filter(
    ([name]) => random.chance(0.1) || !members.some(([n]) => n === name),
  );
  return objectText([...texts, ...added]);
}

const MUTATIONS = {
  flip(random, token) {
    const at = random.between(0, token.length - 1);
    const bit = String.fromCharCode(token.charCodeAt(at) ^ (1 << random.between(0, 6)));
    return token.slice(0, at) + bit + token.slice(at + 1);
  },
  letter(random, token) {
    const at = random.between(0, token.length - 1);
    return token.slice(0, at) + random.pick(ALPHABET) + token.slice(at + 1);
  },
  swap(random, token, other) {
    const [one, two] = [token.split('.'), other.split('.')];
    return one.map((part, index) => (random.chance(0.5) ? part : two[index])).join('.');
  },
  parts(random, token) {
    const parts = token.split('.');
    const order = Array.from({ length: random.between(0, 6) }, () => random.pick([...parts, '', 'e30']));
    return order.join('.');
  },
  algorithm(random, token) {
    const [header, claims, signature] = token.split('.');
    const alg = JSON.stringify(random.pick(ALGORITHMS));
    return [encode(changed(random, header, { alg })), claims, random.pick([signature, '', 'AA'])].join('.');
  },
  header(random, token) {
    const [header, claims, signature] = token.split('.');
    const name = random.pick([
      'typ',
      'kid',
      'crit',
      'b64',
      'jwk',
      'jku',
      'x5c',
      'x5u',
      'cty',
      'zip',
      '__proto__',
    ]);
    return [encode(changed(random, header, { [name]: hostileJson(random) })), claims, signature].join('.');
  },
  claims(random, token) {
    const [header, claims, signature] = token.split('.');
    const name = random.pick(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'client_id', 'scope', 'act']);
    return [header, encode(changed(random, claims, { [name]: hostileJson(random) })), signature].join('.');
  },
  /** As a holder of some secret would sign: the public key among them, the oldest trick (RFC 8725 §2.1). */
  signed(random, token, other, publicKeys) {
    const [header, claims] = token.split('.');
    const input = `${encode(changed(random, header, { alg: '"HS256"' }))}.${claims}`;
    const secret = random.pick(['', 'secret', 'changeme', '\0', ...publicKeys]);
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  },
  around(random, token) {
    const extra = random.pick([' ', '\n', '=', '==', '.', '\0', '\u00a0', '"', 'Bearer ']);
    return random.chance(0.5) ? token + extra : extra + token;
  },
  cut: (random, token) => token.slice(0, random.between(0, token.length - 1)),
  long: (random, token) =>
    token + random.pick(ALPHABET).repeat(random.pick([1, 2, 4, 1_000, 16_000, 40_000])),
  nonsense: (random) => hostileText(random),
};

/** @returns a text that is no token but by chance one of those it was made of */
export function mutatedToken(random, tokens, publicKeys) {
  let token = random.pick(tokens);
  for (let times = random.between(1, 2); times > 0; times--) {
    const mutate = MUTATIONS[random.pick(Object.keys(MUTATIONS))];
    try {
      token = mutate(random, token, random.pick(tokens), publicKeys);
    } catch {
      // The first mutation left no parts that could be read.
      return token;
    }
    if (token === '') return '.';
  }
  return token;
}
