/** A value that a claim condition compares with. */
export type ConditionValue = string | number | boolean;

/** The tokens of a trusted issuer by which a client is recognized: the identity of a workload. */
export interface FederatedCredential {
  /** The ID of the issuer's entry. */
  readonly issuer: string;
  /** Compared with the `sub` of the token: exact, or a prefix that ends in `*`. */
  readonly subject: string;
  /** What the claims at these JSON pointers (RFC 6901) must equal: the value, or one of several. */
  readonly claims: Readonly<Record<string, ConditionValue | readonly ConditionValue[]>>;
}
