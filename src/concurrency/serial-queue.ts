/**
 * @returns a function that runs what it is given one after another: TypeORM has one connection to an SQLite file, on
 *   which two transactions that overlap would become one
 */
export function inTurn(): <R>(act: () => Promise<R>) => Promise<R> {
  let last: Promise<unknown> = Promise.resolve();
  return (act) => {
    const turn = last.then(act);
    last = turn.catch(() => {});
    return turn;
  };
}
