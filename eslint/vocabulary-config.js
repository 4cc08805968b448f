import markdown from '@eslint/markdown';
import { vocabulary } from './vocabulary-rule.js';

const plugins = { glossary: { rules: { vocabulary } } };
const rules = { 'glossary/vocabulary': 'error' };

/** The table of the words, its types, and the tests of the rule. */
const OWN_FILES = ['eslint/vocabulary.js', 'eslint/*.d.ts', 'test/unit/eslint/**'];

/** @type {any[]} */
export const vocabularyConfig = [
  { files: ['**/*.{ts,js,cjs,mjs}'], ignores: OWN_FILES, plugins, rules },
  { files: ['**/*.md'], plugins: { ...plugins, markdown }, language: 'markdown/gfm', rules },
];
