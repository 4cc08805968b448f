import { describe, expect, it } from '@jest/globals';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { ApiError } from '../../../src/http/api-error.js';
import { BodyPipe } from '../../../src/http/body.pipe.js';
import { IsPresent } from '../../../src/validation/rules.js';

class Order {
  @IsIn(['tea', 'coffee'], { message: 'drink must be tea or coffee' })
  @IsPresent({ message: 'Missing: drink or cups' })
  drink!: string;

  @Max(9, { message: '$property must be at most 9' })
  @Min(1, { message: 'cups must be at least 1' })
  @IsInt({ message: ({ property, value }) => `${property} is no number: ${typeof value}` })
  @IsPresent({ message: 'Missing: drink or cups' })
  cups!: number;

  @IsIn(['cow', 'oat'], { message: 'milk must be of a cow or of oats' })
  @IsOptional()
  milk?: string;
}

const pipe = new BodyPipe(Order);

function refusalOf(body: unknown, refuse = pipe): ApiError {
  try {
    refuse.transform(body);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('The body was accepted');
}

describe('BodyPipe', () => {
  it('makes an instance of the class', () => {
    const order = pipe.transform({ drink: 'tea', cups: 2, milk: 'oat' });
    expect(order).toBeInstanceOf(Order);
    expect({ ...order }).toEqual({ drink: 'tea', cups: 2, milk: 'oat' });
  });

  it('leaves unknown members behind', () => {
    expect({ ...pipe.transform({ drink: 'tea', cups: 2, sugar: 1, constructor: 1 }) }).toEqual({
      drink: 'tea',
      cups: 2,
    });
  });

  it('takes null for a member that may be left out', () => {
    expect({ ...pipe.transform({ drink: 'tea', cups: 2, milk: null }) }).toEqual({ drink: 'tea', cups: 2 });
  });

  it.each([[{}], [null], [undefined], [[]], ['drink'], [1], [[{ drink: 'tea', cups: 1 }]]])(
    'takes %j for a body without members',
    (body) => {
      expect(refusalOf(body).message).toBe('Missing: drink or cups');
    },
  );

  it.each([null, '', []])('takes the required member %j for missing', (drink) => {
    expect(refusalOf({ drink, cups: 2 }).message).toBe('Missing: drink or cups');
  });

  it('asks whether every required member is there before any other rule', () => {
    expect(refusalOf({ drink: 'water' }).message).toBe('Missing: drink or cups');
  });

  it.each([
    ['of the rule', { drink: 'water', cups: 2 }, 'drink must be tea or coffee'],
    ['with the name of the member', { drink: 'tea', cups: 10 }, 'cups must be at most 9'],
    ['of the first rule that fails', { drink: 'tea', cups: 0 }, 'cups must be at least 1'],
    ['by a function', { drink: 'tea', cups: 'two' }, 'cups is no number: string'],
    [
      'of a member that may be left out',
      { drink: 'tea', cups: 1, milk: 'soy' },
      'milk must be of a cow or of oats',
    ],
  ])('refuses with the words %s', (_name, body, message) => {
    expect(refusalOf(body).body).toEqual({ error: message, code: 'invalid_request' });
    expect(refusalOf(body).status).toBe(400);
  });

  it('adds members of its own to a refusal', () => {
    expect(refusalOf({}, new BodyPipe(Order, { valid: false })).body).toEqual({
      valid: false,
      error: 'Missing: drink or cups',
      code: 'invalid_request',
    });
  });

  it('reads no member from the prototype of the body', () => {
    expect(refusalOf(Object.create({ drink: 'tea', cups: 2 })).message).toBe('Missing: drink or cups');
  });

  it('keeps nothing of one body for the next', () => {
    pipe.transform({ drink: 'tea', cups: 2, milk: 'oat' });
    expect({ ...pipe.transform({ drink: 'tea', cups: 1 }) }).toEqual({ drink: 'tea', cups: 1 });
  });
});
