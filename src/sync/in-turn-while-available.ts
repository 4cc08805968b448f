import { StoreUnavailable } from './record-store.js';

/**
 * @returns a function that runs what it is given one after another. Where one finds that the store is unavailable, all
 *   that wait behind it are told the same: each would wait for its answer as long again.
 */
export function serialWhileAvailable(): <R>(act: () => Promise<R>) => Promise<R> {
  let last: Promise<unknown> | undefined;
  return <R>(act: () => Promise<R>): Promise<R> => {
    const turn = last
      ? last.then(act, (cause: unknown) => {
          if (cause instanceof StoreUnavailable) throw cause;
          return act();
        })
      : act();
    const ended = (): void => {
      if (last === turn) last = undefined;
    };
    turn.then(ended, ended);
    last = turn;
    return turn;
  };
}
