/** One assignment of a settings file. */
export interface Assignment {
  readonly name: string;
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/** The content of a settings file. A fault names a line and never quotes it, as it may contain a secret. */
export interface ParsedFile {
  readonly assignments: readonly Assignment[];
  readonly faults: readonly LineFault[];
}

/** Why a line is rejected. */
export interface LineFault {
  readonly line: number;
  readonly words: string;
}

const BLANK_OR_COMMENT = /[ \t]*(?:#[^\n]*)?(?:\n|$)/y;
const NAME = /[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=/y;
const QUOTED = /'([^']*)'|"((?:[^"\\]|\\[^])*)"/y;
const QUOTE_NEXT = /[ \t]*(?=['"])/y;
const QUOTE_HERE = /(?=['"])/y;
const END = /[ \t]*(?:[ \t]#[^\n]*)?(?:\n|$)/y;
const REST = /[^\n]*(?:\n|$)/y;

/** Escapes in double quotes that a shell, systemd and dotenv do not read alike. */
const AMBIGUOUS_ESCAPE = /\\["\\$`\nnr]/;

/** C0 and DEL except tab and line feed: no editor writes them, and some cannot be passed to a process. */
const CONTROL = /[\0-\x08\x0B-\x1F\x7F]/;

/**
 * Parses a settings file. Whatever a shell, systemd (`EnvironmentFile=`) and dotenv would read in different
 * ways is rejected, so that no part of a value is lost silently: an unquoted `\`, or an unquoted `#` without
 * whitespace before it; an escape in double quotes; text after a closing quote. As in dotenv, whitespace may
 * surround `=`, the line may begin with `export`, and a comment may follow whitespace. Each quoted part is
 * read literally, and adjacent parts are one value: in `'…'` a quote is written `'"'"'`.
 *
 * @param text decoded, without a byte order mark
 */
export function parseSettingsFile(text: string): ParsedFile {
  const assignments: Assignment[] = [];
  const faults: LineFault[] = [];
  const source = new Source(text.replace(/\r\n?/g, '\n'));
  const lineOf = new Map<string, number>();
  while (!source.isAtEnd) {
    const { line } = source;
    const read = readLine(source);
    if (read === undefined) continue;
    const { name } = read;
    const earlier = lineOf.get(name);
    if (read.fault !== undefined) faults.push({ line, words: read.fault });
    else if (earlier !== undefined) faults.push({ line, words: `sets the same name as line ${earlier}` });
    else assignments.push({ name, value: read.value, line });
    if (name !== '') lineOf.set(name, earlier ?? line);
  }
  return { assignments, faults };
}

/** The assignment of a line, or why it is rejected. */
type ReadLine = { readonly name: string } & (
  { readonly value: string; readonly fault?: undefined } | { readonly fault: string }
);

/** Reads a line, or as many as a quoted value spans; `undefined` if it is empty or a comment. */
function readLine(source: Source): ReadLine | undefined {
  if (source.take(BLANK_OR_COMMENT)) return undefined;
  const [, name = ''] = source.take(NAME) ?? [];
  if (name === '') {
    source.take(REST);
    return { name, fault: 'is neither an assignment (NAME=value), a comment nor empty' };
  }
  const read = source.take(QUOTE_NEXT) ? readQuoted(source) : readPlain(source);
  if (read.fault === undefined && CONTROL.test(read.value)) {
    return { name, fault: 'has a control character' };
  }
  return { name, ...read };
}

type ReadValue = { readonly value: string; readonly fault?: undefined } | { readonly fault: string };

function readQuoted(source: Source): ReadValue {
  let value = '';
  let isAmbiguous = false;
  for (let part = source.take(QUOTED); part; part = source.take(QUOTED)) {
    const [, single, double = ''] = part;
    value += single ?? double;
    isAmbiguous ||= AMBIGUOUS_ESCAPE.test(double);
  }
  if (source.take(END)) {
    return isAmbiguous
      ? { fault: 'has a \\ in double quotes that programs read differently; use single quotes' }
      : { value };
  }
  const isOpen = source.take(QUOTE_HERE) !== null;
  // After an unclosed quote, parsing would take lines of the value for assignments.
  if (isOpen) source.skipAll();
  else source.take(REST);
  return { fault: isOpen ? 'has a quote that is not closed' : 'has text after the closing quote' };
}

function readPlain(source: Source): ReadValue {
  const [rest = ''] = source.take(REST) ?? [];
  const value = rest.replace(/[ \t]#[^\n]*/, '').replace(/^[ \t]+|[ \t\n]+$/g, '');
  if (/[#\\]/.test(value))
    return { fault: 'has a # or \\ without quotes; put single quotes around the value' };
  if (value.startsWith('`')) return { fault: 'begins with `; put single quotes around the value' };
  return { value };
}

/** A text with the position up to which it has been read. */
class Source {
  private at = 0;
  /** The current line, counted from 1. */
  line = 1;

  constructor(private readonly text: string) {}

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** Advances past a match of the sticky expression at the current position; does nothing without a match. */
  take(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.at;
    const found = expression.exec(this.text);
    if (found) {
      this.at += found[0].length;
      this.line += found[0].split('\n').length - 1;
    }
    return found;
  }

  skipAll(): void {
    this.at = this.text.length;
  }
}
