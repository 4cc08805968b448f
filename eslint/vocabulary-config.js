import markdown from '@eslint/markdown';
import { vocabulary } from './vocabulary-rule.js';

const plugins = { glossary: { rules: { vocabulary } } };
const rules = { 'glossary/vocabulary': 'error' };

/** What is free of the words to keep out. The lists grow until they are the whole repository. */
const FOLDERS = [
  'admin',
  'audit',
  'cli',
  'clients',
  'cluster',
  'concurrency',
  'config',
  'database',
  'diagnostics',
  'encoding',
  'guard',
  'health',
  'http-client',
  'jwt',
  'key-sets',
  'keys',
  'observability',
  'oauth2',
  'rate-limit',
  'revocation',
  'server',
  'start',
  'sync',
  'testing',
  'token',
  'token-client',
  'validation',
];
const CODE = ['src/*.ts', ...FOLDERS.map((folder) => `{src,test/unit}/${folder}/**/*.ts`)];
const PAGES = ['**/*.md'];

/** @type {any[]} */
export const vocabularyConfig = [
  { files: CODE, plugins, rules },
  { files: PAGES, plugins: { ...plugins, markdown }, language: 'markdown/gfm', rules },
];
