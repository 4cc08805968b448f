/** The other processes that serve the same port: what one of them changed is known to all before it is answered. */
export abstract class ChangeNotifier {
  /** Resolves once every sibling that answers within a second has taken over what is in the database. */
  abstract publish(): Promise<void>;

  /** @param sync takes over what is in the database */
  abstract subscribe(sync: () => Promise<void>): void;
}

/** A process that serves its port alone. */
export const SINGLE_PROCESS: ChangeNotifier = {
  publish: () => Promise.resolve(),
  subscribe: () => {},
};
