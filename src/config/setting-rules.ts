import { Transform } from 'class-transformer';
import { IsIn, IsInt, Max, Min, ValidateBy } from 'class-validator';

/** Converts plain digits to a number. Any other value stays a string, which `IsInt` rejects. */
const WholeNumber = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value,
  );

/** @param message the text for an invalid value, after the name of the setting */
export const Satisfies = (test: (text: string) => boolean, message: string): PropertyDecorator =>
  ValidateBy(
    { name: 'satisfies', validator: { validate: (value) => typeof value === 'string' && test(value) } },
    { message: `$property ${message}` },
  );

/** A whole number from `least` to `most`, in plain digits. */
export const IsWhole = (least: number, most: number): PropertyDecorator => {
  const message = `$property must be a whole number from ${least} to ${most}`;
  return (target, name) => {
    WholeNumber()(target, name);
    IsInt({ message })(target, name);
    Min(least, { message })(target, name);
    Max(most, { message })(target, name);
  };
};

/** One of a closed list, in exactly this spelling. */
export const IsOneOf = (...values: string[]): PropertyDecorator =>
  IsIn(values, { message: `$property must be one of ${values.join(', ')}` });

/** `true` or `false`. */
export const IsSwitch = (): PropertyDecorator => IsOneOf('true', 'false');
