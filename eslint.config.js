import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { vocabularyConfig } from './eslint/vocabulary-config.js';

export default defineConfig(
  { ignores: ['dist/', 'coverage/', 'data/', 'test/data/'] },
  {
    rules: { complexity: ['error', 15], eqeqeq: 'error' },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
  },
  {
    // The rest is TypeScript that has a compiler of its own, and JavaScript.
    files: ['examples/**/*.ts', '**/*.{js,cjs,mjs}'],
    extends: [tseslint.configs.strict],
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-dynamic-delete': 'off',
    },
  },
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: 'test/tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'no-console': 'error',

      // A Nest module is a class with static methods, or with none.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `[...text]` counts code points, which is what the contract counts.
      '@typescript-eslint/no-misused-spread': [
        'error',
        { allow: ['string', { from: 'file', name: 'ClientDto' }] },
      ],
      // The documents of answers are classes only because `@nestjs/swagger` reads classes.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Types of libraries promise more than their code keeps; a check too many costs nothing.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-console': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      // Tests make broken copies of things on purpose, and align texts for the eye.
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-unnecessary-template-expression': 'off',
    },
  },
  ...vocabularyConfig,
);
