/** Values that have broken services before: wrong types and sizes, deep JSON, odd characters, odd names. */
import type { Random } from './random.js';

/** The name and the JSON text of a field of an object. */
export type Member = [name: string, text: string];

const NAMES = [
  ...Object.getOwnPropertyNames(Object.prototype),
  ...[
    'prototype',
    'toJSON',
    'then',
    'length',
    'kid',
    'alg',
    'iss',
    'exp',
    '',
    '*',
    'user-*',
    'identity:admin',
  ],
];

const TEXTS = [
  ...['', ' ', '\t', '\0', '\r\nX-Injected: 1', '\u200b', '\ufeff', '\u202e', 'é', 'e\u0301', '🂡', 'ß'],
  ...['\ud800', '\udc00a', 'a\u0000b', '\u2028', '%00', '%zz', '../../etc/passwd', '..;/', '$ne', '{{7*7}}'],
  ...["' OR 1=1 --", '"; DROP TABLE client; --', '<script>alert(1)</script>', '${jndi:ldap://x}', 'NaN'],
  ...['Bearer x', 'null', 'true', '0', '-1', '1e309', '2030-01-01T00:00:00Z', '0000-00-00', 'ES256', 'none'],
];

const NUMBERS = [
  ...['0', '-0', '-1', '1', '1.5', '1e309', '-1e309', '1e-400', '9007199254740993', '1e21', '0.1e1'],
];

const PRINTABLE = 'aZ09-._~ :/?#[]@!$&\'()*+,;="\\<>^`{|}';

const TEXT_KINDS = { known: 6, name: 2, ascii: 3, unicode: 3, long: 1, huge: 0.05 };
const TEXT_MAKERS: Readonly<Record<keyof typeof TEXT_KINDS, (random: Random) => string>> = {
  known: (random) => random.pick(TEXTS),
  name: (random) => random.pick(NAMES),
  ascii: (random) => random.text(PRINTABLE, random.between(0, 60)),
  unicode: (random) =>
    Array.from({ length: random.between(1, 30) }, () => String.fromCharCode(random.between(0, 0xffff))).join(
      '',
    ),
  long: (random) => random.pick(['a', 'é', '🂡', ' ', '%']).repeat(random.between(100, 5_000)),
  huge: (random) => random.pick(['a', 'é', '\\']).repeat(random.between(30_000, 70_000)),
};

/** A text of any kind and length. */
export function hostileText(random: Random): string {
  return TEXT_MAKERS[random.kind(TEXT_KINDS)](random);
}

const BROKEN = ['', '{', '[1,]', '{"a":1,}', "{'a':1}", 'undefined', 'NaN', '"\u0001"', '01', '//'];
const LEAF_KINDS = { text: 5, number: 3, word: 3, deep: 0.3, wide: 0.05, broken: 0.5 };
const LEAF_MAKERS: Readonly<Record<keyof typeof LEAF_KINDS, (random: Random) => string>> = {
  text: (random) => JSON.stringify(hostileText(random)),
  number: (random) => random.pick(NUMBERS),
  word: (random) => random.pick(['null', 'true', 'false', '[]', '{}', '[null]', '[""]']),
  deep: (random) => {
    const levels = random.pick([10, 31, 32, 33, 200, 20_000]);
    return random.chance(0.5)
      ? '['.repeat(levels) + ']'.repeat(levels)
      : `${'{"a":'.repeat(levels)}0${'}'.repeat(levels)}`;
  },
  wide: (random) => `[${'0,'.repeat(random.between(1_000, 20_000))}0]`,
  broken: (random) => random.pick(BROKEN),
};

const DEEPEST = 3;

/** JSON text of any kind, some of it malformed. */
export function hostileJson(random: Random, depth = 0): string {
  const nested = depth < DEEPEST ? { list: 2, object: 3 } : { list: 0, object: 0 };
  const kind = random.kind({ ...LEAF_KINDS, ...nested });
  if (kind !== 'list' && kind !== 'object') return LEAF_MAKERS[kind](random);
  const items = Array.from({ length: random.between(0, 4) }, () => hostileJson(random, depth + 1));
  if (kind === 'list') return `[${items.join(',')}]`;
  return objectText(
    items.map((text): Member => [random.chance(0.5) ? random.pick(NAMES) : hostileText(random), text]),
  );
}

/** The text of an object; unlike in an object, a field may be repeated. */
export function objectText(members: readonly Member[]): string {
  return `{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}

/** Changes a few bytes of a body at random. */
export function damaged(random: Random, bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  for (let times = random.between(1, 3); times > 0 && changed.length > 0; times--) {
    const at = random.between(0, changed.length - 1);
    changed.writeUInt8(changed.readUInt8(at) ^ (1 << random.between(0, 7)), at);
  }
  return random.chance(0.3) ? changed.subarray(0, random.between(0, changed.length)) : changed;
}
