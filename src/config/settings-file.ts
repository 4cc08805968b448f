/** One assignment of a settings file. */
export interface Assignment {
  readonly name: string;
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/** What a settings file holds; a fault names a line and never quotes it, as it may hold a secret. */
export interface ParsedFile {
  readonly assignments: readonly Assignment[];
  readonly faults: readonly LineFault[];
}

/** Why a line is refused. */
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

/** In double quotes, a shell, systemd and dotenv read these escapes in three ways. */
const AMBIGUOUS_ESCAPE = /\\["\\$`\nnr]/;

/** C0 and DEL but for tab and line feed: no editor writes them, and a process cannot be given all of them. */
const CONTROL = /[\0-\x08\x0B-\x1F\x7F]/;

/**
 * Parses a settings file. What a shell, systemd (`EnvironmentFile=`) and dotenv would read in different ways is refused, so that no
 * part of a value is lost silently: an unquoted `\`, or an unquoted `#` without a blank before it; an escape in double quotes; text
 * behind a closing quote. Blanks may surround `=`, `export` may stand first, a comment may follow a blank, as dotenv has them.
 *
 * Each quoted part is read as it stands, and parts side by side are one value: in `'…'` a quote is written `'"'"'`.
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

/** What a line assigns, or why it is refused. */
type ReadLine = { readonly name: string } & (
  { readonly value: string; readonly fault?: undefined } | { readonly fault: string }
);

/** Reads a line, or as many as a quoted value spans; `undefined` if it is blank or a comment. */
function readLine(source: Source): ReadLine | undefined {
  if (source.take(BLANK_OR_COMMENT)) return undefined;
  const [, name = ''] = source.take(NAME) ?? [];
  if (name === '') {
    source.take(REST);
    return { name, fault: 'is neither an assignment (NAME=value), a comment nor blank' };
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
  // What follows a quote that is not closed is unknown: to go on would take the inside of a value for lines.
  if (isOpen) source.skipAll();
  else source.take(REST);
  return { fault: isOpen ? 'has a quote that is not closed' : 'has text behind the closing quote' };
}

function readPlain(source: Source): ReadValue {
  const [rest = ''] = source.take(REST) ?? [];
  const value = rest.replace(/[ \t]#[^\n]*/, '').replace(/^[ \t]+|[ \t\n]+$/g, '');
  if (/[#\\]/.test(value))
    return { fault: 'has a # or \\ without quotes; put single quotes around the value' };
  if (value.startsWith('`')) return { fault: 'begins with `; put single quotes around the value' };
  return { value };
}

/** A text that is read from its beginning to its end. */
class Source {
  private at = 0;
  /** The current line, counted from 1. */
  line = 1;

  constructor(private readonly text: string) {}

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** Moves behind what the sticky expression matches here; does nothing if it matches nothing. */
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
