import type { Type } from '@nestjs/common';
import {
  getMetadataStorage,
  IS_OPTIONAL,
  ValidateBy,
  type ValidationArguments,
  type ValidationOptions,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { isJsonObject } from '../encoding/strict-json.js';
import { type Metadata, unsupportedPart } from './unsupported-metadata.js';

const IS_PRESENT = 'isPresent';

/**
 * Rejects a field that is absent, null, `""` or `[]`. This rule is checked before all other rules of the
 * class.
 */
export function IsPresent(options: ValidationOptions & { message: string }): PropertyDecorator {
  const isPresent = (value: unknown): boolean =>
    value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);
  return ValidateBy({ name: IS_PRESENT, validator: { validate: isPresent } }, options);
}

/**
 * Rejects a field that fails a test. The message is the name of the field and the given text.
 *
 * @param message the text after the name of the field, or a function that returns it for an invalid value
 */
export function Satisfies(
  test: (value: unknown) => boolean,
  message: string | ((value: unknown) => string),
): PropertyDecorator {
  const words = typeof message === 'string' ? (): string => message : message;
  return ValidateBy(
    { name: 'satisfies', validator: { validate: test } },
    { message: ({ value }) => `$property ${words(value)}` },
  );
}

interface Rule {
  readonly field: string;
  /** Whether the value satisfies the rule, as an absent one does if the field is optional. */
  readonly holds: (value: unknown, body: object) => boolean;
  readonly message: (value: unknown, body: object) => string;
}

/**
 * The rules of a `class-validator` class, read from the class once: Nest's own ValidationPipe looks up the
 * metadata for each value, which costs more than signing a token.
 */
export class Rules<T extends object> {
  /** The names of the fields that have rules. */
  readonly fields: readonly string[];
  private readonly rules: readonly Rule[];

  /** @param type the class, its fields decorated by `class-validator` */
  constructor(private readonly type: Type<T>) {
    ({ fields: this.fields, rules: this.rules } = readRules(type));
  }

  /**
   * @returns an instance of the class with the fields of a JSON object, or one sentence that names the
   *   invalid field. `null` counts as absent, and unknown fields are dropped
   */
  read(value: unknown): T | string {
    return this.readWith(value, this.rules);
  }

  /** As {@link read}, for a partial update: fields that the object does not have are not checked. */
  readPart(value: unknown): T | string {
    const has = (field: string): boolean => isJsonObject(value) && Object.hasOwn(value, field);
    return this.readWith(
      value,
      this.rules.filter(({ field }) => has(field)),
    );
  }

  private readWith(value: unknown, rules: readonly Rule[]): T | string {
    const instance = new this.type();
    const fields = instance as Record<string, unknown>;
    const isObject = isJsonObject(value);
    const source = isObject ? value : {};
    for (const field of this.fields) {
      const found = Object.hasOwn(source, field) ? source[field] : undefined;
      if (found !== undefined && found !== null) fields[field] = found;
    }
    for (const { field, holds, message } of rules) {
      if (!holds(fields[field], instance)) return message(fields[field], instance);
    }
    // If every field may be omitted, so may the body; any other value that is not an object is still an
    // error.
    return isObject || value === undefined || value === null ? instance : 'The body must be a JSON object';
  }
}

function readRules(type: Type): { fields: string[]; rules: Rule[] } {
  const metadata = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  if (metadata.length === 0) throw new TypeError(`${type.name} has no validation rules`);
  for (const each of metadata) {
    const part = unsupportedPart(each);
    if (part !== undefined)
      throw new TypeError(`${type.name}.${each.propertyName}: ${part} is not supported`);
  }
  const fields = [...new Set(metadata.map(({ propertyName }) => propertyName))];
  const optional = new Set(
    metadata.filter(({ name }) => name === IS_OPTIONAL).map(({ propertyName }) => propertyName),
  );
  const presenceFirst = [
    ...metadata.filter(({ name }) => name === IS_PRESENT),
    ...metadata.filter(({ name }) => name !== IS_PRESENT),
  ];
  return {
    fields,
    rules: presenceFirst.flatMap((each) => rulesOf(type, each, optional.has(each.propertyName))),
  };
}

/** The rules of one decorator; none if it only lists the field (`@Allow`) or makes it optional. */
function rulesOf(type: Type, metadata: Metadata, isOptional: boolean): Rule[] {
  const { propertyName: field, constraintCls, constraints } = metadata;
  if ((constraintCls as typeof constraintCls | undefined) === undefined) return [];
  return getMetadataStorage()
    .getTargetValidatorConstraints(constraintCls)
    .map(({ instance }) => {
      const argumentsFor = (value: unknown, object: object): ValidationArguments => ({
        targetName: type.name,
        property: field,
        object,
        value,
        constraints,
      });
      return {
        field,
        holds: (value, body) =>
          (value === undefined && isOptional) || instance.validate(value, argumentsFor(value, body)) === true,
        message: (value, body) => messageOf(metadata, instance, argumentsFor(value, body)),
      };
    });
}

function messageOf(
  { message }: Metadata,
  constraint: ValidatorConstraintInterface,
  about: ValidationArguments,
): string {
  const own = typeof message === 'function' ? message(about) : message;
  const words = [own, constraint.defaultMessage?.(about)].find(Boolean) ?? '$property is not valid';
  return words
    .replaceAll(/\$constraint(\d+)/g, (token, number) =>
      wordsOf(about.constraints?.[Number(number) - 1] ?? token),
    )
    .replaceAll('$property', about.property);
}

function wordsOf(constraint: unknown): string {
  return Array.isArray(constraint) ? constraint.join(', ') : String(constraint);
}
