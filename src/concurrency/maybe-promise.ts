/**
 * A value, or a promise of it. Most requests are served from memory, and awaiting a promise would cost them
 * as much as verifying a secret.
 */
export type MaybePromise<T> = T | Promise<T>;

/** Calls `next` with a value: at once if it is known, else when its promise resolves. */
export function andThen<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}
