/**
 * The other workers of this process group: each change is known to all of them before the response is sent.
 * Instances of another group are not notified; they learn of the change by polling (`SyncLoop`).
 */
export abstract class ChangeNotifier {
  /**
   * Resolves once every worker that responds within a second has loaded the current state of the database.
   */
  abstract publish(): Promise<void>;

  /** @param sync loads the current state of the database */
  abstract subscribe(sync: () => Promise<void>): void;
}

/** A process that serves its port alone. */
export const SINGLE_PROCESS: ChangeNotifier = {
  publish: () => Promise.resolve(),
  subscribe: () => {},
};
