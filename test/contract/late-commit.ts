import { Database } from '../../src/database/database.js';

/** A transaction whose statements have run and whose commit waits. */
export interface LateCommit {
  readonly carriedOut: Promise<void>;
  commit(): void;
}

/** Holds a transaction between its last statement and its commit. */
export class LateDatabase extends Database {
  private hold: (() => Promise<void>) | undefined;

  holdNext(): LateCommit {
    let commit = (): void => {};
    const committed = new Promise<void>((resolve) => (commit = resolve));
    const carriedOut = new Promise<void>((resolve) => {
      this.hold = () => {
        resolve();
        return committed;
      };
    });
    return { carriedOut, commit };
  }

  override transaction<R>(act: Parameters<Database['transaction']>[0]): Promise<R> {
    const hold = this.hold;
    this.hold = undefined;
    return super.transaction(async (manager, stop) => {
      const result = (await act(manager, stop)) as R;
      await hold?.();
      return result;
    });
  }
}
