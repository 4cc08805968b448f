import { basename } from 'node:path';
import { findInName, findInProse } from './vocabulary.js';

/**
 * Reports the words that `docs/glossary.md` keeps out: in comments, strings, file names and identifiers at
 * their declaration; in Markdown, under its language plugin, in everything but code.
 *
 * @type {import('eslint').Rule.RuleModule}
 */
export const vocabulary = {
  meta: {
    type: 'suggestion',
    docs: { description: 'Keep out the words that docs/glossary.md lists' },
    messages: { word: 'Not "{{ found }}" but: {{ but }} (docs/glossary.md).' },
    schema: [],
  },
  create(context) {
    const { sourceCode } = context;
    const report = (start, { found, but, index }) => {
      const loc = {
        start: sourceCode.getLocFromIndex(start + index),
        end: sourceCode.getLocFromIndex(start + index + 1),
      };
      context.report({ loc, messageId: 'word', data: { found, but } });
    };

    return String(sourceCode.ast.type) === 'root' ? inMarkdown(sourceCode, report) : inCode(context, report);
  },
};

function inMarkdown(sourceCode, report) {
  return {
    text(node) {
      const { start, end } = node.position;
      const text = sourceCode.text.slice(start.offset, end.offset);
      for (const finding of findInProse(text, 'markdown')) report(start.offset, finding);
    },
  };
}

function inCode({ sourceCode, filename }, report) {
  const prose = ({ range: [start, end] }) => {
    for (const finding of findInProse(sourceCode.text.slice(start, end))) report(start, finding);
  };
  const name = (node) => {
    for (const finding of findInName(node.name)) report(node.range[0], finding);
  };

  return {
    Program() {
      for (const finding of findInName(basename(filename).replace(/\..*$/u, ''))) report(0, finding);
      for (const comment of sourceCode.getAllComments()) prose(comment);
      for (const scope of sourceCode.scopeManager.scopes) {
        for (const variable of scope.variables) {
          const [definition] = variable.defs;
          if (definition && definition.type !== 'ImportBinding' && definition.name.name)
            name(definition.name);
        }
      }
    },
    Literal(node) {
      if (typeof node.value === 'string' && isProse(node)) prose(node);
    },
    TemplateElement: (node) => isProse(node) && prose(node),
    ':matches(MethodDefinition, PropertyDefinition, TSPropertySignature, TSMethodSignature) > Identifier.key':
      name,
  };
}

/** Paths of modules, single words (names and values of data) and SQL are no prose. */
function isProse({ value, parent }) {
  const text = typeof value === 'string' ? value : (value.cooked ?? '');
  return (
    !/^(?:Import|Export)/u.test(parent.type) &&
    /\s/u.test(text.trim()) &&
    !/^\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|DROP)\b/iu.test(text)
  );
}
