import { getMetadataStorage, IS_OPTIONAL, ValidationTypes } from 'class-validator';

/** One decorator of a class, as `class-validator` stores it. */
export type Metadata = ReturnType<
  ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']
>[number];

/** The names of decorators that are not rules about a single value, by their kind. */
const UNSUPPORTED_KINDS: Readonly<Record<string, string>> = {
  [ValidationTypes.NESTED_VALIDATION]: '@ValidateNested',
  [ValidationTypes.PROMISE_VALIDATION]: '@ValidatePromise',
};

/**
 * Finds a part of a decorator that the compiled rules would silently ignore, although its author relies on
 * it.
 *
 * @returns the name of the decorator or option; `undefined` if the rules implement all of it
 */
export function unsupportedPart(metadata: Metadata): string | undefined {
  const { type, name, constraintCls } = metadata;
  if (type === ValidationTypes.CONDITIONAL_VALIDATION && name !== IS_OPTIONAL) return '@ValidateIf';
  return UNSUPPORTED_KINDS[type] ?? unsupportedOption(metadata) ?? unsupportedConstraint(constraintCls);
}

function unsupportedOption({
  each,
  groups,
  always,
  context,
  validateIf,
  message,
}: Metadata): string | undefined {
  const options = { each, groups: groups?.length, always, context: context as unknown, validateIf };
  const [used] = Object.entries(options).find(([, value]) => Boolean(value)) ?? [];
  if (used !== undefined) return `the option ${used}`;
  const token = typeof message === 'string' ? /\$(?:value|target)/.exec(message)?.[0] : undefined;
  return token && `${token} in a message`;
}

function unsupportedConstraint(constraint: Metadata['constraintCls'] | undefined): string | undefined {
  if (constraint === undefined) return undefined;
  const found = getMetadataStorage().getTargetValidatorConstraints(constraint);
  return found.some(({ async }) => async) ? 'an asynchronous validator' : undefined;
}
