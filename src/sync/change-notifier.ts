/**
 * Notifies the other workers of this instance: all of them know a change before the response to it is sent.
 * Other instances are not notified; they learn of the change by polling (`SyncLoop`).
 */
export abstract class ChangeNotifier {
  /**
   * Announces a change. Resolves once every worker that responds within a second has loaded the current state
   * of the database.
   */
  abstract publish(): Promise<void>;

  /**
   * Subscribes to the changes of other workers.
   *
   * @param sync loads the current state of the database
   */
  abstract subscribe(sync: () => Promise<void>): void;
}

/** Notifies no one: for a process that serves its port alone. */
export const SINGLE_PROCESS: ChangeNotifier = {
  publish: () => Promise.resolve(),
  subscribe: () => {},
};
