/**
 * What is known now, or a promise of it where somebody else has to be asked. Most requests are answered from what is known, and
 * waiting for a promise of that would cost them as much as checking a secret.
 */
export type MaybePromise<T> = T | Promise<T>;

/** Goes on at once with what is known, else when it is. */
export function andThen<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
