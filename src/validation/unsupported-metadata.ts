import { getMetadataStorage, IS_OPTIONAL, ValidationTypes } from 'class-validator';

/** One decorator of a class, as `class-validator` keeps it. */
export type Metadata = ReturnType<
  ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']
>[number];

/** The kinds of decorators that are no rule about one value, and what they are called. */
const UNSUPPORTED_KINDS: Readonly<Record<string, string>> = {
  [ValidationTypes.NESTED_VALIDATION]: '@ValidateNested',
  [ValidationTypes.PROMISE_VALIDATION]: '@ValidatePromise',
};

/**
 * Says what of a decorator the compiled rules would pass over: each is a check that its author relies on.
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
