import { Injectable, type PipeTransform, type Type } from '@nestjs/common';
import {
  getMetadataStorage,
  ValidateBy,
  type ValidationArguments,
  type ValidationOptions,
  ValidationTypes,
} from 'class-validator';
import { isJsonObject } from '../jwt/strict-json.js';
import { ApiError } from './api-error.js';

const IS_PRESENT = 'isPresent';

/** The member must be there: neither absent, null, `""` nor `[]`. Checked before every other rule of the class. */
export function IsPresent(options: ValidationOptions & { message: string }): PropertyDecorator {
  const isPresent = (value: unknown): boolean =>
    value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);
  return ValidateBy({ name: IS_PRESENT, validator: { validate: isPresent } }, options);
}

interface Rule {
  readonly member: string;
  /** Whether the rule says that the member may be left out. */
  readonly holds: (value: unknown, body: object) => boolean;
  readonly message: (value: unknown, body: object) => string;
}

/**
 * Makes an instance of a `class-validator` class of a JSON body, or refuses it with one sentence that names the
 * member. The rules are read from the class once: Nest's own ValidationPipe looks all of them up again for each
 * request, which costs more than signing the token. `null` counts as absent, unknown members are left behind.
 */
@Injectable()
export class BodyPipe<T extends object> implements PipeTransform<unknown, T> {
  private readonly members: readonly string[];
  private readonly rules: readonly Rule[];

  /**
   * @param type the class, its members decorated by `class-validator`
   * @param refusal further members of the body of a refusal
   */
  constructor(
    private readonly type: Type<T>,
    private readonly refusal: Readonly<Record<string, unknown>> = {},
  ) {
    ({ members: this.members, rules: this.rules } = readRules(type));
  }

  transform(body: unknown): T {
    const instance = new this.type();
    const source = isJsonObject(body) ? body : {};
    for (const member of this.members) {
      const value = Object.hasOwn(source, member) ? source[member] : undefined;
      if (value !== undefined && value !== null) (instance as Record<string, unknown>)[member] = value;
    }
    for (const { member, holds, message } of this.rules) {
      const value = (instance as Record<string, unknown>)[member];
      if (!holds(value, instance)) {
        throw new ApiError(400, 'invalid_request', message(value, instance), this.refusal);
      }
    }
    return instance;
  }
}

function readRules(type: Type): { members: string[]; rules: Rule[] } {
  const storage = getMetadataStorage();
  const metadata = storage.getTargetValidationMetadatas(type, '', false, false);
  const members = [...new Set(metadata.map(({ propertyName }) => propertyName))];
  const optional = new Set(
    metadata
      .filter((each) => each.type === ValidationTypes.CONDITIONAL_VALIDATION)
      .map(({ propertyName }) => propertyName),
  );
  const custom = metadata.filter(({ constraintCls }) => constraintCls !== undefined);
  const presenceFirst = [
    ...custom.filter(({ name }) => name === IS_PRESENT),
    ...custom.filter(({ name }) => name !== IS_PRESENT),
  ];
  const rules = presenceFirst.flatMap((each) =>
    storage.getTargetValidatorConstraints(each.constraintCls).map((found) => {
      const constraint = found.instance;
      const member = each.propertyName;
      const argumentsFor = (value: unknown, object: object): ValidationArguments => ({
        targetName: type.name,
        property: member,
        object,
        value,
        constraints: each.constraints,
      });
      return {
        member,
        holds: (value: unknown, body: object): boolean =>
          (value === undefined && optional.has(member)) ||
          constraint.validate(value, argumentsFor(value, body)) === true,
        message: (value: unknown, body: object): string => {
          const words =
            each.message ??
            constraint.defaultMessage?.(argumentsFor(value, body)) ??
            `${member} is not valid`;
          return (typeof words === 'function' ? words(argumentsFor(value, body)) : words).replaceAll(
            '$property',
            member,
          );
        },
      };
    }),
  );
  return { members, rules };
}
