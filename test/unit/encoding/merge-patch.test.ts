import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mergePatch } from '../../../src/encoding/merge-patch.js';

const parse = (text: string): unknown => JSON.parse(text);

describe('mergePatch', () => {
  // RFC 7396 appendix A, in its order.
  it.each([
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', '{}'],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"b"}', '["c"]', '["c"]'],
    ['{"a":"foo"}', 'null', 'null'],
    ['{"a":"foo"}', '"bar"', '"bar"'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
    ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ])('merges %s and %s into %s', (target, patch, result) => {
    expect(mergePatch(parse(target), parse(patch))).toEqual(parse(result));
  });

  it('leaves the target and the patch unchanged', () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(json, json, (target, patch) => {
        const before = JSON.stringify([target, patch]);
        mergePatch(target, patch);
        expect(JSON.stringify([target, patch])).toBe(before);
      }),
    );
  });

  it('has no effect when applied again', () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(json, json, (target, patch) => {
        const once = mergePatch(target, patch);
        expect(mergePatch(once, patch)).toEqual(once);
      }),
    );
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'treats a field named %s like any other, and sets no prototype',
    (name) => {
      const patch = parse(`{"${name}":{"disabled":true}}`);
      const merged = mergePatch({ id: 'a' }, patch) as Record<string, unknown>;
      expect(Object.keys(merged)).toEqual(['id', name]);
      expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
      expect(merged['disabled']).toBeUndefined();
      expect(JSON.parse(JSON.stringify(merged))).toEqual(parse(`{"id":"a","${name}":{"disabled":true}}`));
      expect(({} as Record<string, unknown>)['disabled']).toBeUndefined();
    },
  );
});
