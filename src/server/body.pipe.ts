import { Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { Rules } from '../validation/rules.js';
import { ApiError } from './api-error.js';

/**
 * Reads a JSON body into an instance of a `class-validator` class, or rejects it with the message of the
 * {@link Rules}.
 */
@Injectable()
export class BodyPipe<T extends object> implements PipeTransform<unknown, T> {
  private readonly rules: Rules<T>;

  /**
   * @param type the class, its fields decorated by `class-validator`
   * @param refusal other fields of the error body
   */
  constructor(
    type: Type<T>,
    private readonly refusal: Readonly<Record<string, unknown>> = {},
  ) {
    this.rules = new Rules(type);
  }

  transform(body: unknown): T {
    const read = this.rules.read(body);
    if (typeof read === 'string') throw new ApiError(400, 'invalid_request', read, this.refusal);
    return read;
  }
}
