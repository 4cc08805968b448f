/** A row of the glossary's table of words to keep out, with the expressions that find the words. */
export interface Word {
  not: string[];
  about?: string;
  but: string;
  text?: RegExp;
  name?: RegExp;
  markdown?: RegExp;
}

export interface Finding {
  found: string;
  but: string;
  index: number;
}

export const WORDS: readonly Word[];
export function findInProse(text: string, kind?: 'text' | 'markdown'): Finding[];
export function findInName(name: string): Finding[];
