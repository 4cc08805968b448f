import type { Rule } from 'eslint';

export const vocabulary: Rule.RuleModule;
