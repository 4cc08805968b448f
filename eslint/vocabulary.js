const anyOf = (...patterns) => new RegExp(patterns.map(({ source }) => source).join('|'), 'giu');
const sequence = (...patterns) => new RegExp(patterns.map(({ source }) => source).join(''), 'u');

/** Before "where" in Markdown: a noun of place, or a verb that asks for one. */
const NO_PLACE_BEFORE =
  /(?<!\b(?:places?|folders?|directory|files?|lines?|from|of|is|are|says|shows|knows?|see|finds?|and|to) )/;
/** Before "who": a noun or pronoun that names the people, as English wants. */
const NO_PEOPLE_BEFORE =
  /(?<!\b(?:\w*one|those|people|person|clients?|callers?|users?|operators?|administrators?|engineers?) )/;

/**
 * The words to keep out, as `docs/glossary.md` lists them in its columns "not" and "but". `text` finds them
 * in prose (comments, strings, Markdown), `name` in identifiers and file names, which are split into
 * lower-case words first. `markdown` replaces `text` in Markdown.
 *
 * @type {import('./vocabulary.js').Word[]}
 */
export const WORDS = [
  {
    not: ['taken back', 'takes back'],
    but: 'revoked, revokes',
    text: /\b(?:take|takes|took|taken|taking)(?:\s+\S+){0,3}?\s+back\b/giu,
  },
  {
    not: ['good'],
    about: 'of a token, a key, a secret',
    but: 'valid',
    text: /\b(?<!\bknown[- ]|\bas )good\b(?! enough| practice)/giu,
    name: /\bgood\b/u,
  },
  {
    not: ['any more', 'any longer'],
    but: 'no longer',
    text: /\bany\s*(?:more|longer)\b/giu,
  },
  {
    not: ['judges', 'judged', 'judgement'],
    but: 'verifies, verified, check',
    text: /\bjudg(?:e[sd]?|ing|e?ments?)\b/giu,
    name: /\bjudg(?:e[sd]?|ing|e?ments?)\b/u,
  },
  {
    not: ['where', 'wherever'],
    about: 'for a condition',
    but: 'if, when; "in which" for a place',
    text: /\b[Ww]here(?:ver)?\b/gu,
    // In Markdown "where" may name a place.
    markdown: anyOf(
      /\bwherever\b/,
      sequence(NO_PLACE_BEFORE, /\bwhere\b(?=\s+\S)(?!\s+(?:to|from)\b)/),
      /\bwhere\s+(?:it|they|none|nothing|no|neither|both|that|not|given|needed|absent|missing|left)\b/,
    ),
  },
  {
    not: ['who asks', 'for who asks', 'whoever'],
    but: 'a client that asks, callers, anyone who',
    text: anyOf(
      sequence(
        NO_PEOPLE_BEFORE,
        /\bwho\s+(?:asks?|waits?|calls|comes|sends|holds|shows|signs|signed|has|makes)\b/,
      ),
      /\b(?:for|by|of|to|with|than|nor) who\b(?! is\b)/,
      /\bwhoever\b/,
    ),
  },
  { not: ['whom'], but: '(rephrase)', text: /\bwhom(?:ever)?\b/giu },
  { not: ['former'], but: 'previous', text: /\bformer(?:ly)?\b/giu, name: /\bformer\b/u },
  { not: ['beneath'], but: 'under', text: /\bbeneath\b/giu, name: /\bbeneath\b/u },
  {
    not: ['beside', 'besides'],
    but: 'next to, with, in addition to',
    text: /\bbesides?\b/giu,
    name: /\bbesides?\b/u,
  },
  { not: ['anew', 'afresh'], but: 'again', text: /\b(?:anew|afresh)\b/giu, name: /\banew\b/u },
  { not: ['mend', 'mends'], but: 'fix, fixes', text: /\bmend(?:s|ed|ing)?\b/giu },
  {
    not: ['nobody', 'anybody', 'somebody', 'everybody'],
    but: 'no one, anyone, someone, everyone',
    text: /\b(?:no|any|some|every)body(?:'s)?\b/giu,
    name: /\b(?:no|any|some|every)bodys?\b/u,
  },
  {
    not: ['is away', 'goes away'],
    but: 'is unavailable, becomes unavailable',
    text: /\b(?:is|are|was|were|be|been|being|goes|go|went|stays?|comes?)\s+away\b/giu,
  },
  {
    not: ['stands', 'stands still'],
    but: 'is, precedes, follows, stops',
    text: /\b(?:stand|stands|stood|standing)\b(?!-|\s+for\b|\s*alone\b)/giu,
    name: /\bstanding\b/u,
  },
  { not: ['hears', 'heard'], but: 'receives, received', text: /\b(?:hear|hears|heard|hearing|unheard)\b/giu },
  {
    not: ['tells', 'is told'],
    but: 'says, notifies, is notified, distinguishes',
    text: /\b(?:tell|tells|told|telling|untold)\b/giu,
    name: /\b(?:tell|tells|told|telling)\b/u,
  },
  {
    not: ['member', 'members'],
    about: 'of an object or a list',
    but: 'field, fields; entries of a list',
    text: /(?<!\b(?:class|private|enum|union|static) )\bmembers?\b/giu,
  },
  {
    not: ['further claims', 'further fields'],
    but: 'custom claims, other fields',
    text: /\bfurther (?:claims?|fields?|ones?)\b/giu,
  },
  {
    not: ['an address'],
    about: 'of the web or the network',
    but: 'a URL, an IP address',
    text: /\ban address\b/giu,
  },
  {
    not: ['a secret that has ended', 'end a secret'],
    but: 'an expired secret, revoke a secret',
    text: anyOf(
      /\bend(?:s|ed|ing)?\s+(?:an?|the|one|every|all|its|their|both)\s+(?:\w+\s+)?(?:secret|key|token)s?\b/,
      /\b(?:secret|key|token)s?\s+(?:that\s+)?(?:ends|(?:(?:has|have|had)\s+)?(?:already\s+)?ended)\b/,
    ),
  },
  {
    not: ['said of', 'seen of', 'shown of', 'known of'],
    but: 'the response to, what … exposes, known about',
    text: /\b(?:says?|said|sees?|seen|shows?|shown|knows?|known)\s+(?:nothing\s+)?of\b/giu,
  },
  {
    not: ['turn of the event loop', 'one turn'],
    but: 'tick',
    text: anyOf(
      /\bturns?\s+of\s+(?:the|an|one)\s+event\s+loop\b/,
      /\b(?:one|a|the|each|this|that|next|same|whole)\s+turn\b(?!\s+(?:off|on|out|into))/,
    ),
    name: /\bturns?\b/u,
  },
  {
    not: ['withdrawn', 'withdraws'],
    but: 'revoked, removed, retired',
    text: /\bwithdr(?:aw|aws|awn|ew|awing|awal)\b/giu,
    name: /\bwithdr(?:aw|aws|awn|ew|awal)\b/u,
  },
  { not: ['as it came', 'as they came'], but: 'as received, unchanged', text: /\bas (?:it|they) came\b/giu },
  { not: ['to the letter'], but: 'exactly', text: /\bto the letter\b/giu },
  { not: ['for ever'], but: 'forever', text: /\bfor ever\b/giu },
  { not: ['upon'], but: 'on', text: /\bupon\b/giu },
  {
    not: ['goes on', 'went on'],
    but: 'continues, continued',
    text: /\b(?:go|goes|went|going|gone)\s+on\b/giu,
  },
  { not: ['stranger'], but: 'unauthenticated caller', text: /\bstrangers?(?:'s)?\b/giu },
  { not: ['asker'], but: 'caller', text: /\baskers?\b/giu, name: /\baskers?\b/u },
  {
    not: ['a blank', 'blanks'],
    but: 'whitespace, spaces',
    text: /\bblanks\b|\b(?:a|no|double|trailing|leading) blank\b/giu,
  },
  { not: ['in vain', 'lest', 'hence'], but: '(rephrase)', text: /\bin vain\b|\blest\b|\bhence\b/giu },
  { not: ['respite'], but: 'a name with its unit', text: /\brespite\b/giu, name: /\brespite\b/u },
  {
    not: ['NowOrLater', 'whenKnown'],
    but: '`MaybePromise`',
    name: /\bnow or later\b|\bwhen known\b/u,
  },
  {
    not: ['Siblings', 'Following', 'secondOpinion'],
    but: '`ChangeNotifier`, `Syncable`, `selfTest`',
    name: /^(?:siblings?|following|second opinion)$/u,
  },
];

/**
 * Finds the words to keep out in a piece of prose. Code in backticks and links of TSDoc are not prose.
 *
 * @param {string} text
 * @param {'text' | 'markdown'} kind
 * @returns {import('./vocabulary.js').Finding[]}
 */
export function findInProse(text, kind = 'text') {
  const prose = text
    .replace(/`[^`\n]*`|\{@\w+[^}]*\}/gu, (code) => ' '.repeat(code.length))
    .replace(/\r?\n[ \t]*(?:\*(?!\/)|>)?/gu, (lineStart) => ' '.repeat(lineStart.length));

  return WORDS.flatMap(({ but, ...word }) => {
    const pattern = kind === 'markdown' && word.markdown !== undefined ? word.markdown : word.text;
    const matches = pattern ? [...prose.matchAll(pattern)] : [];
    return matches.map((match) => ({
      found: match[0].replace(/\s+/gu, ' ').trim(),
      but,
      index: match.index,
    }));
  });
}

/**
 * Finds the words to keep out in an identifier or a file name.
 *
 * @param {string} name
 * @returns {import('./vocabulary.js').Finding[]}
 */
export function findInName(name) {
  const words = name
    .replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[-_.]/gu, ' ')
    .trim()
    .toLowerCase();

  return WORDS.filter((word) => word.name?.test(words)).map(({ but }) => ({ found: name, but, index: 0 }));
}
