// Values that have broken services before: wrong types, huge, deep, odd numbers, odd characters, names of JavaScript.

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
  '0',
  '-0',
  '-1',
  '1',
  '1.5',
  '1e309',
  '-1e309',
  '1e-400',
  '9007199254740993',
  '1e21',
  '0.1e1',
];

/** A text of any kind and length. */
export function hostileText(random) {
  const kind = random.weighted({ known: 6, name: 2, ascii: 3, unicode: 3, long: 1, huge: 0.05 });
  if (kind === 'known') return random.pick(TEXTS);
  if (kind === 'name') return random.pick(NAMES);
  if (kind === 'ascii') return random.text('aZ09-._~ :/?#[]@!$&\'()*+,;="\\<>^`{|}', random.between(0, 60));
  if (kind === 'long') return random.pick(['a', 'é', '🂡', ' ', '%']).repeat(random.between(100, 5_000));
  if (kind === 'huge') return random.pick(['a', 'é', '\\']).repeat(random.between(30_000, 70_000));
  return Array.from({ length: random.between(1, 30) }, () =>
    String.fromCharCode(random.between(0, 0xffff)),
  ).join('');
}

/** JSON text of any kind; not every one is JSON. */
export function hostileJson(random, depth = 0) {
  const kind = random.weighted({
    text: 5,
    number: 3,
    word: 3,
    list: depth < 3 ? 2 : 0,
    object: depth < 3 ? 3 : 0,
    deep: 0.3,
    wide: 0.05,
    broken: 0.5,
  });
  if (kind === 'text') return JSON.stringify(hostileText(random));
  if (kind === 'number') return random.pick(NUMBERS);
  if (kind === 'word') return random.pick(['null', 'true', 'false', '[]', '{}', '[null]', '[""]']);
  if (kind === 'deep') {
    const levels = random.pick([10, 31, 32, 33, 200, 20_000]);
    const [open, close] = random.pick([
      ['[', ']'],
      ['{"a":', '}'],
    ]);
    return open.repeat(levels) + (open === '[' ? '' : '0') + close.repeat(levels);
  }
  if (kind === 'wide') return `[${'0,'.repeat(random.between(1_000, 20_000))}0]`;
  if (kind === 'broken') {
    return random.pick(['', '{', '[1,]', '{"a":1,}', "{'a':1}", 'undefined', 'NaN', '"\u0001"', '01', '//']);
  }
  const items = Array.from({ length: random.between(0, 4) }, () => hostileJson(random, depth + 1));
  if (kind === 'list') return `[${items.join(',')}]`;
  return objectText(
    items.map((text) => [random.chance(0.5) ? random.pick(NAMES) : hostileText(random), text]),
  );
}

/** The text of an object; a list of members may name one twice, which no object can hold. */
export function objectText(members) {
  return `{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}

/** Changes a few bytes of a body, wherever they are. */
export function damaged(random, bytes) {
  const changed = Buffer.from(bytes);
  for (let times = random.between(1, 3); times > 0 && changed.length > 0; times--) {
    changed[random.between(0, changed.length - 1)] ^= 1 << random.between(0, 7);
  }
  return random.chance(0.3) ? changed.subarray(0, random.between(0, changed.length)) : changed;
}
