/**
 * The names of the trusted issuers: a client may name entries by their IDs, and must not have the name of an
 * issuer as its own ID.
 */
export abstract class IssuerNames {
  /** Whether there is an entry with this ID. */
  abstract isEntry(id: string): boolean;

  /** Whether an entry has this issuer, compared byte for byte. */
  abstract isIssuer(issuer: string): boolean;
}
