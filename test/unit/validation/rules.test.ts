import { describe, expect, it } from '@jest/globals';
import { IsBoolean, IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import fc from 'fast-check';
import { IsPresent, Rules, Satisfies } from '../../../src/validation/rules.js';

class Order {
  @IsIn(['tea', 'coffee'], { message: 'drink must be tea or coffee' })
  @IsPresent({ message: 'Missing: drink or cups' })
  drink!: string;

  @Max(9, { message: '$property must be at most 9' })
  @Min(1, { message: 'cups must be at least 1' })
  @IsInt({ message: ({ property, value }) => `${property} is no number: ${typeof value}` })
  @IsPresent({ message: 'Missing: drink or cups' })
  cups!: number;

  @Satisfies((value) => value === 'cow' || value === 'oat', 'must be of a cow or of oats: $property')
  @IsOptional()
  milk?: string;
}

class Wish {
  @IsBoolean()
  @IsOptional()
  hot: boolean = true;
}

const rules = new Rules(Order);
const wishes = new Rules(Wish);

/** The outcome of a value: the fields of the instance, or the message of the error. */
function outcome(value: unknown, by: Rules<object> = rules): object | string {
  const read = by.read(value);
  return typeof read === 'string' ? read : { ...read };
}

describe('Rules', () => {
  it('list the fields of the class', () => {
    expect(new Set(rules.fields)).toEqual(new Set(['drink', 'cups', 'milk']));
  });

  it('return an instance of the class', () => {
    const order = rules.read({ drink: 'tea', cups: 2, milk: 'oat' });
    expect(order).toBeInstanceOf(Order);
    expect(order).toEqual(Object.assign(new Order(), { drink: 'tea', cups: 2, milk: 'oat' }));
  });

  it('drop unknown fields, even constructor and __proto__', () => {
    const value = JSON.parse(
      '{"drink":"tea","cups":2,"sugar":1,"constructor":1,"__proto__":{"milk":"oat"}}',
    ) as object;
    expect(outcome(value)).toEqual({ drink: 'tea', cups: 2 });
    expect((rules.read(value) as Order).milk).toBeUndefined();
  });

  it('ignore fields that the value inherits', () => {
    expect(outcome(Object.create({ drink: 'tea', cups: 2 }))).toBe('Missing: drink or cups');
  });

  it('keep no state from one value to the next', () => {
    rules.read({ drink: 'tea', cups: 2, milk: 'oat' });
    expect(outcome({ drink: 'tea', cups: 1 })).toEqual({ drink: 'tea', cups: 1 });
  });

  it('do not change the value', () => {
    const value = Object.freeze({ drink: 'tea', cups: 2, milk: null, sugar: 1 });
    expect(outcome(value)).toEqual({ drink: 'tea', cups: 2 });
  });

  it.each([null, undefined])('treat %j as an omitted optional field, and keep its default', (value) => {
    expect(outcome({ drink: 'tea', cups: 2, milk: value })).toEqual({ drink: 'tea', cups: 2 });
    expect(outcome({ hot: value }, wishes)).toEqual({ hot: true });
  });

  it.each([[null], [undefined], [''], [[]]])('treat a required field that is %j as missing', (drink) => {
    expect(outcome({ drink, cups: 2 })).toBe('Missing: drink or cups');
  });

  it.each([0, false, ' ', {}])('do not treat %j as missing', (drink) => {
    expect(outcome({ drink, cups: 2 })).toBe('drink must be tea or coffee');
  });

  it('check for every required field before any other rule', () => {
    expect(outcome({ drink: 'water' })).toBe('Missing: drink or cups');
  });

  it.each([[{}], [null], [undefined], [[]], ['drink'], [1], [[{ drink: 'tea', cups: 1 }]]])(
    'treat %j as a value without fields',
    (value) => {
      expect(outcome(value)).toBe('Missing: drink or cups');
    },
  );

  it.each([[{}], [null], [undefined]])('accept %j if every field is optional', (value) => {
    expect(outcome(value, wishes)).toEqual({ hot: true });
  });

  it.each([[[]], ['hot'], [1], [false], [0], ['']])(
    'reject %j in place of an object even if every field is optional',
    (value) => {
      expect(outcome(value, wishes)).toBe('The body must be a JSON object');
    },
  );

  it.each([
    ['of the rule', { drink: 'water', cups: 2 }, 'drink must be tea or coffee'],
    ['with the name of the field', { drink: 'tea', cups: 10 }, 'cups must be at most 9'],
    ['of the first rule that fails', { drink: 'tea', cups: 0 }, 'cups must be at least 1'],
    ['that a function returns', { drink: 'tea', cups: 'two' }, 'cups is no number: string'],
    [
      'of an optional field',
      { drink: 'tea', cups: 1, milk: 'soy' },
      'milk must be of a cow or of oats: milk',
    ],
    ['of the field that is declared first', { drink: 'water', cups: 10 }, 'drink must be tea or coffee'],
  ])('reject with the message %s', (_name, value, message) => {
    expect(outcome(value)).toBe(message);
  });

  it('use the message of class-validator if a rule has none', () => {
    expect(outcome({ hot: 'yes' }, wishes)).toBe('hot must be a boolean value');
  });

  it('apply to subclasses', () => {
    class Larger extends Order {
      @IsInt({ message: 'size must be a whole number' })
      size!: number;
    }
    const larger = new Rules(Larger);
    expect(outcome({ drink: 'tea', cups: 1, size: 2 }, larger)).toEqual({ drink: 'tea', cups: 1, size: 2 });
    expect(outcome({ drink: 'tea', cups: 10, size: 2 }, larger)).toBe('cups must be at most 9');
    expect(outcome({ drink: 'tea', cups: 1 }, larger)).toBe('size must be a whole number');
  });

  it('return a valid instance or one message for any value', () => {
    fc.assert(
      fc.property(
        fc.anything({ withNullPrototype: true }),
        fc.anything(),
        fc.anything(),
        (value, drink, cups) => {
          for (const each of [value, { drink, cups }, { drink: 'tea', cups }]) {
            const read = rules.read(each);
            if (typeof read === 'string') expect(read).toMatch(/^(Missing|drink|cups|milk)/);
            else
              expect([['tea', 'coffee'].includes(read.drink), read.cups >= 1 && read.cups <= 9]).toEqual([
                true,
                true,
              ]);
          }
        },
      ),
    );
  });
});
