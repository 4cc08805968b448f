/**
 * A value that is either known now or promised. Most requests are answered from memory; awaiting a promise
 * for those would cost as much as verifying a secret.
 */
export type MaybePromise<T> = T | Promise<T>;

/** Calls `next` at once with a value that is known, or once a promise resolves. */
export function andThen<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
