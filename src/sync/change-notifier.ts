/** The other processes that serve the same port: what one of them changed is known to all before it is answered. */
export interface ChangeNotifier {
  /** Resolves once every sibling that answers within a second has taken over what is in the database. */
  publish(): Promise<void>;

  /** @param sync takes over what is in the database */
  subscribe(sync: () => Promise<void>): void;
}

/** A process that serves its port alone. */
export const SINGLE_PROCESS: ChangeNotifier = {
  publish: () => Promise.resolve(),
  subscribe: () => {},
};
