import { describe, expect, it } from '@jest/globals';
import { IsIn } from 'class-validator';
import { ApiError } from '../../../src/server/api-error.js';
import { BodyPipe } from '../../../src/server/body.pipe.js';
import { IsPresent } from '../../../src/validation/rules.js';

class Order {
  @IsIn(['tea', 'coffee'], { message: 'drink must be tea or coffee' })
  @IsPresent({ message: 'drink is missing' })
  drink!: string;
}

function refusalOf(body: unknown, pipe = new BodyPipe(Order)): ApiError {
  try {
    pipe.transform(body);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('The body was accepted');
}

// test/unit/validation/rules.test.ts covers the rules.
describe('BodyPipe', () => {
  it('returns an instance of the class without unknown fields', () => {
    const order = new BodyPipe(Order).transform({ drink: 'tea', sugar: 1 });
    expect(order).toBeInstanceOf(Order);
    expect({ ...order }).toEqual({ drink: 'tea' });
  });

  it.each([
    ['a missing field', {}, 'drink is missing'],
    ['an invalid value', { drink: 'water' }, 'drink must be tea or coffee'],
  ])('rejects %s with 400 and the message of the rule', (_name, body, error) => {
    const refusal = refusalOf(body);
    expect(refusal.status).toBe(400);
    expect(refusal.body).toEqual({ error, code: 'invalid_request' });
  });

  it('adds the given fields to the body of an error', () => {
    expect(refusalOf({}, new BodyPipe(Order, { valid: false })).body).toEqual({
      valid: false,
      error: 'drink is missing',
      code: 'invalid_request',
    });
  });
});
