import markdown from '@eslint/markdown';
import { vocabulary } from './vocabulary-rule.js';

const plugins = { glossary: { rules: { vocabulary } } };
const rules = { 'glossary/vocabulary': 'error' };

/** What is free of the words to keep out. The lists grow until they are the whole repository. */
const CODE = ['src/index.ts', 'src/main.ts', 'src/version.ts'];
const PAGES = ['docs/glossary.md'];

export const vocabularyConfig = [
  { files: CODE, plugins, rules },
  { files: PAGES, plugins: { ...plugins, markdown }, language: 'markdown/gfm', rules },
];
