import type { Type } from '@nestjs/common';
import * as library from 'class-validator';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Rules } from '../../../src/validation/rules.js';
import { SAMPLES } from './samples.js';

type Decorator = (target: object, property: string) => void;
type Factory = (...values: unknown[]) => Decorator;

/** Exports of the library that are not decorators of a property. */
const OTHER_EXPORTS = [
  'MetadataStorage',
  'ValidationError',
  'ValidationTypes',
  'Validator',
  'ValidatorConstraint',
];

/** The decorators that the compiled rules refuse to read, with their arguments. */
const REFUSED: Readonly<Record<string, readonly [decorator: () => Decorator, words: string]>> = {
  ValidateIf: [() => library.ValidateIf(() => true), '@ValidateIf'],
  ValidateNested: [() => library.ValidateNested(), '@ValidateNested'],
  ValidatePromise: [() => library.ValidatePromise(), '@ValidatePromise'],
};

@library.ValidatorConstraint()
class IsTea implements library.ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return value === 'tea';
  }
}

@library.ValidatorConstraint({ async: true })
class IsLateTea implements library.ValidatorConstraintInterface {
  validate(value: unknown): Promise<boolean> {
    return Promise.resolve(value === 'tea');
  }
}

/** The arguments of decorators that need some. */
const ARGUMENTS: Readonly<Record<string, readonly unknown[]>> = {
  ArrayContains: [['tea']],
  ArrayMaxSize: [2],
  ArrayMinSize: [2],
  ArrayNotContains: [['tea']],
  Contains: ['tea'],
  Equals: ['tea'],
  IsByteLength: [2, 5],
  IsDivisibleBy: [3],
  IsEnum: [{ Tea: 'tea', One: 1 }],
  IsHash: ['md5'],
  IsIdentityCard: ['ES'],
  IsIn: [['tea', 1]],
  IsInstance: [Date],
  IsMobilePhone: ['de-DE'],
  IsNotIn: [['tea', 1]],
  IsPassportNumber: ['DE'],
  IsPostalCode: ['DE'],
  IsRgbColor: [true],
  IsTaxId: ['de-DE'],
  Length: [2, 5],
  Matches: [/^t/],
  Max: [5],
  MaxDate: [new Date(1_000)],
  MaxLength: [3],
  Min: [5],
  MinDate: [new Date(1_000)],
  MinLength: [3],
  NotContains: ['tea'],
  NotEquals: ['tea'],
  Validate: [IsTea],
  ValidateBy: [{ name: 'isTea', validator: { validate: (value: unknown) => value === 'tea' } }],
};

const exported = library as unknown as Readonly<Record<string, Factory>>;
const names = Object.keys(library).filter(
  (name) =>
    /^[A-Z][a-z]|^IsURL$/.test(name) && typeof exported[name] === 'function' && !OTHER_EXPORTS.includes(name),
);
/** No value replaces `hasOwnProperty`, which some validators of the library call. */
const values = fc.anything().filter((value) => !fc.stringify(value).includes('hasOwnProperty'));

const supported = names.filter((name) => !Object.hasOwn(REFUSED, name));

function decoratorOf(name: string, options: readonly object[] = []): Decorator {
  const decorator = exported[name]?.(...(ARGUMENTS[name] ?? []), ...options);
  if (!decorator) throw new Error(`No decorator is called ${name}`);
  return decorator;
}

function classWith(...decorators: readonly Decorator[]): Type<{ field: unknown }> {
  class Subject {
    declare field: unknown;
  }
  for (const decorator of decorators) decorator(Subject.prototype, 'field');
  return Subject;
}

/** The messages of the library about a value of the field; none if it accepts the value. */
function wordsOfLibrary(type: Type<{ field: unknown }>, value: unknown): string[] {
  // Null counts as omitted here.
  const errors = library.validateSync(Object.assign(new type(), { field: value ?? undefined }));
  return errors.flatMap(({ constraints }) => Object.values(constraints ?? {}));
}

function expectSameVerdict(type: Type<{ field: unknown }>, rules: Rules<object>, value: unknown): boolean {
  const words = wordsOfLibrary(type, value);
  const read = rules.read({ field: value });
  if (words.length === 0) expect(read).toBeInstanceOf(type);
  else expect(words.map((each) => each || 'field is not valid')).toContain(read);
  return words.length === 0;
}

describe('every decorator of class-validator', () => {
  it('is found among its exports', () => {
    expect(names.length).toBeGreaterThan(100);
    expect(names).toEqual(expect.arrayContaining([...Object.keys(REFUSED), ...Object.keys(ARGUMENTS)]));
  });

  it.each(supported)(
    '@%s accepts and rejects the same values as in the library, with the same message',
    (name) => {
      const type = classWith(decoratorOf(name));
      const rules = new Rules(type);
      const verdicts = SAMPLES.map((value) => expectSameVerdict(type, rules, value));
      const always = { Allow: [true], IsOptional: [true] };
      expect(new Set(verdicts)).toEqual(new Set(Object.hasOwn(always, name) ? [true] : [true, false]));
      fc.assert(
        fc.property(values, (value) => {
          expectSameVerdict(type, rules, value);
        }),
        { numRuns: 30 },
      );
    },
  );

  it('accepts the same values as in the library when combined with others on one field', () => {
    const combination = fc.array(fc.constantFrom(...supported), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(combination, fc.constantFrom(...SAMPLES), (combined, value) => {
        const type = classWith(...combined.map((name) => decoratorOf(name)));
        expectSameVerdict(type, new Rules(type), value);
      }),
      { numRuns: 500 },
    );
  });
});

describe('metadata that the compiled rules do not support', () => {
  const expectRefused = (type: Type<object>, words: string): void => {
    expect(() => new Rules(type)).toThrow(new TypeError(words));
  };

  it.each(Object.entries(REFUSED))('@%s is rejected when the class is read', (_name, [decorator, words]) => {
    expectRefused(classWith(library.IsInt(), decorator()), `Subject.field: ${words} is not supported`);
  });

  const OPTIONS: readonly (readonly [name: string, options: object])[] = [
    ['each', { each: true }],
    ['groups', { groups: ['creation'] }],
    ['always', { always: true }],
    ['context', { context: { code: 7 } }],
    ['validateIf', { validateIf: () => false }],
  ];
  it.each(OPTIONS)('the option %s is rejected on every decorator', (option, options) => {
    for (const name of ['IsInt', 'IsOptional', 'IsDefined', 'Allow', 'Equals', 'ValidateBy']) {
      const type = classWith(decoratorOf(name, [options]));
      expectRefused(type, `Subject.field: the option ${option} is not supported`);
    }
  });

  it('an asynchronous validator is rejected', () => {
    const words = 'Subject.field: an asynchronous validator is not supported';
    expectRefused(classWith(library.Validate(IsLateTea)), words);
    const registered: Decorator = (target, propertyName) => {
      library.registerDecorator({
        name: 'isLateTea',
        target: target.constructor,
        propertyName,
        async: true,
        validator: { validate: () => Promise.resolve(true) },
      });
    };
    expectRefused(classWith(registered), words);
  });

  it('a validator that returns a promise without async: true accepts nothing', () => {
    const waits = library.ValidateBy({ name: 'waits', validator: { validate: () => Promise.resolve(true) } });
    expect(new Rules(classWith(waits as Decorator)).read({ field: 'tea' })).toBe('field is not valid');
  });

  it.each(['$value', '$target'])('a message with %s is rejected', (token) => {
    const type = classWith(library.IsInt({ message: `${token} is no number` }));
    expectRefused(type, `Subject.field: ${token} in a message is not supported`);
  });

  it('of a parent class is rejected with the name of the child class', () => {
    class Heir extends classWith(library.ValidateNested()) {}
    expectRefused(Heir, 'Heir.field: @ValidateNested is not supported');
  });

  it('a class without rules is rejected, as it would check nothing', () => {
    expectRefused(classWith(), 'Subject has no validation rules');
  });
});
