import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Folders without pages of this repository. */
const OTHERS = new Set(['.git', 'node_modules', 'dist', 'coverage', 'data', 'test']);

/** A page of Markdown in this repository. */
export interface Page {
  /** Relative to the root of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** A link within the repository. */
export interface Link {
  /** Relative to the root of the repository. */
  readonly file: string;
  /** The heading, or `undefined` for the whole file. */
  readonly anchor: string | undefined;
}

/** A fenced block of code under a heading. */
export interface Block {
  readonly heading: string;
  /** What follows the opening fence, such as `bash run`. */
  readonly info: string;
  readonly text: string;
}

/** A command that a test executes, and the response that the page shows after it. */
export interface Command {
  readonly heading: string;
  /** What follows the opening fence, such as `bash run`. */
  readonly mark: string;
  readonly script: string;
  readonly answer: { readonly language: string; readonly text: string } | undefined;
}

/** Every page of the repository, in the order of their paths. */
export function pages(folder = ''): Page[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => !OTHERS.has(entry.name))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) return pages(path);
      return entry.name.endsWith('.md') ? [readPage(path)] : [];
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function readPage(path: string): Page {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') };
}

/** The text without blocks of code, whose lines are neither headings nor links. */
function prose(text: string): string {
  return text.replaceAll(/^( *)```.*?^\1```$/gms, '');
}

/** The anchors of a page, as GitHub derives them from its headings. */
export function anchorsOf({ text }: Page): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of prose(text).matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The relative links of a page, those of images included. */
export function linksOf({ path, text }: Page): Link[] {
  return [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [file = '', anchor] = target.split('#');
      return { file: file === '' ? path : posix.join(dirname(path), file), anchor };
    });
}

/** The files of this repository that a page names in backquotes, from its root or from `src`. */
export function filesNamedIn({ text }: Page): string[] {
  return [...prose(text).matchAll(/`((?:[\w-]+\/)+[\w.-]+\.(?:ts|js|sh|md|yml|conf))`/g)].map(
    ([, path = '']) => path,
  );
}

const BLOCK = /^#{2,4} (?<heading>[^\n]+)$|^```(?<info>[^\n]*)\n(?<text>.*?)^```$/gms;

/** The blocks of code of a page. */
export function blocksOf({ text: markdown }: Page): Block[] {
  const blocks: Block[] = [];
  let heading = '';
  for (const { groups = {} } of markdown.matchAll(BLOCK)) {
    const { info, text = '' } = groups;
    if (info === undefined) heading = groups['heading'] ?? '';
    else blocks.push({ heading, info, text });
  }
  return blocks;
}

/** The blocks with one of these marks, each with the `json` or `text` block that follows it. */
export function commandsOf(page: Page, marks: readonly string[] = ['bash run']): Command[] {
  const blocks = blocksOf(page);
  return blocks.flatMap(({ heading, info, text }, index) => {
    if (!marks.includes(info)) return [];
    const next = blocks[index + 1];
    const isAnswer = next?.heading === heading && (next.info === 'json' || next.info === 'text');
    return [
      {
        heading,
        mark: info,
        script: text,
        answer: isAnswer ? { language: next.info, text: next.text } : undefined,
      },
    ];
  });
}
