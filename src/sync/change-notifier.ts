/** The other processes that serve the same port: what one of them changed is known to all before it is answered. */
export interface Siblings {
  /** Resolves once every sibling that answers within a second has taken over what is in the database. */
  tell(): Promise<void>;

  /** @param sync takes over what is in the database */
  whenTold(sync: () => Promise<void>): void;
}

/** A process that serves its port alone. */
export const NO_SIBLINGS: Siblings = {
  tell: () => Promise.resolve(),
  whenTold: () => {},
};
