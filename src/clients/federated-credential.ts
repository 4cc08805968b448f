import { parsePointer, valueAt } from '../encoding/json-pointer.js';

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

/** The prefix that a wildcard subject stands for; `undefined` for an exact one. */
export function wildcardPrefix(subject: string): string | undefined {
  return subject.endsWith('*') ? subject.slice(0, -1) : undefined;
}

/** Whether a subject is the one of a credential, or begins with it and has more text. Compares code points. */
export function matchesSubject({ subject: pattern }: FederatedCredential, subject: string): boolean {
  const prefix = wildcardPrefix(pattern);
  return prefix === undefined
    ? subject === pattern
    : subject.length > prefix.length && subject.startsWith(prefix);
}

/** Whether a token of the credential's issuer has its subject and fulfills every condition on its claims. */
export function matchesCredential(credential: FederatedCredential, subject: string, claims: object): boolean {
  return (
    matchesSubject(credential, subject) &&
    Object.entries(credential.claims).every(([pointer, expected]) => fulfills(claims, pointer, expected))
  );
}

/** A missing claim fulfills no condition; of an array, one entry must be equal. */
function fulfills(
  claims: object,
  pointer: string,
  expected: ConditionValue | readonly ConditionValue[],
): boolean {
  const tokens = parsePointer(pointer);
  const found = tokens && valueAt(claims, tokens);
  const accepted: readonly unknown[] = [expected].flat();
  return [found].flat().some((value) => accepted.includes(value));
}
