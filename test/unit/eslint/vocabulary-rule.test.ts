import markdown from '@eslint/markdown';
import { describe, it } from '@jest/globals';
import { RuleTester } from 'eslint';
import { parser } from 'typescript-eslint';
import { vocabulary } from '../../../eslint/vocabulary-rule.js';

RuleTester.describe = describe;
RuleTester.it = it;

const report = (line: number, column: number) => ({ messageId: 'word', line, column });

new RuleTester({ languageOptions: { parser } }).run('vocabulary', vocabulary, {
  valid: [
    "import { judge } from './where the members are.js';",
    '// A token that is valid.',
    "repository.find({ where: { id: 'where' } });",
    'query(`SELECT id FROM clients where id = 1`);',
    "const column = 'member';",
    'const pattern = /where it is/;',
  ],
  invalid: [
    { code: '// Nothing where it is absent.', errors: [report(1, 12)] },
    { code: '/**\n * Revoked, or taken\n * back.\n */', errors: [report(2, 16)] },
    { code: "it('lets nobody in', () => {});", errors: [report(1, 10)] },
    { code: 'const text = `${id} is told of it`;', errors: [report(1, 24)] },
    { code: 'function judgeToken(former: string) {}', errors: [report(1, 10), report(1, 21)] },
    { code: 'interface A { former: string; tell(): void }', errors: [report(1, 15), report(1, 31)] },
    { code: 'class A { #former = 1; former = 2; tell() {} }', errors: [report(1, 24), report(1, 36)] },
    { code: 'export {};', filename: 'src/jwt/judge-token.ts', errors: [report(1, 1)] },
  ],
});

new RuleTester({ plugins: { markdown }, language: 'markdown/gfm' }).run(
  'vocabulary in Markdown',
  vocabulary,
  {
    valid: ['Use `judgeToken`.', '```ts\n// where it is absent\n```', 'The folder where `.env` is.'],
    invalid: [
      { code: '# Tokens that are taken back', errors: [report(1, 19)] },
      { code: '| a |\n|---|\n| no key where it is absent |', errors: [report(3, 10)] },
      { code: 'One line,\nand nobody **who knows *whom***.', errors: [report(2, 5), report(2, 25)] },
    ],
  },
);
