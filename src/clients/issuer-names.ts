/** What the names of trusted issuers are: a client may name an entry, and must not be named as an issuer. */
export abstract class IssuerNames {
  /** Whether there is an entry with this ID. */
  abstract isEntry(id: string): boolean;

  /** Whether an entry has this issuer, compared byte for byte. */
  abstract isIssuer(issuer: string): boolean;
}
