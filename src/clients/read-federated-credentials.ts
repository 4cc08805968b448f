import { parsePointer } from '../encoding/json-pointer.js';
import { isJsonObject } from '../encoding/strict-json.js';
import { isListOf, isName } from '../encoding/well-formed-text.js';
import { type ConditionValue, type FederatedCredential, wildcardPrefix } from './federated-credential.js';

/** The most credentials of a client. */
const MAX_CREDENTIALS = 20;
/** The most claim conditions of a credential. */
const MAX_CONDITIONS = 10;
/** The most values that a claim condition may list. */
const MAX_VALUES = 20;
/** The fewest segments before a wildcard: one alone would be all workloads of a platform. */
const LEAST_SEGMENTS = 2;

const FIELDS = ['issuer', 'subject', 'claims'];

/**
 * Reads the federated credentials of a client as an administrator describes them.
 *
 * @returns the credentials, or what is wrong with them, to follow the name of the field
 */
export function readFederatedCredentials(value: unknown): readonly FederatedCredential[] | string {
  if (!Array.isArray(value) || value.length > MAX_CREDENTIALS) {
    return `must be an array of at most ${MAX_CREDENTIALS} credentials`;
  }
  const read: FederatedCredential[] = [];
  for (const [index, each] of value.entries()) {
    const credential = readCredential(each);
    if (typeof credential === 'string') return `entry ${index}: ${credential}`;
    if (read.some((other) => sameCredential(other, credential))) return `entry ${index}: is repeated`;
    read.push(credential);
  }
  return read;
}

/** @returns what is wrong with the federated credentials of a client; empty if they are valid */
export function federatedCredentialsFault(value: unknown): string {
  const read = readFederatedCredentials(value);
  return typeof read === 'string' ? read : '';
}

function readCredential(value: unknown): FederatedCredential | string {
  if (!isJsonObject(value)) return 'must be an object';
  if (!Object.keys(value).every((name) => FIELDS.includes(name))) {
    return `must have no other fields than ${FIELDS.join(', ')}`;
  }
  const { issuer, subject, claims } = value;
  if (typeof issuer !== 'string' || issuer === '') return 'issuer must be the id of a trusted issuer';
  const conditions = claims ?? {};
  if (!isConditions(conditions)) {
    return (
      `claims must be an object of at most ${MAX_CONDITIONS} JSON pointers, and for each a string, a number ` +
      `from -(2^53-1) to 2^53-1, a boolean, or an array of 1 to ${MAX_VALUES} of them`
    );
  }
  const fault = subjectFault(subject, Object.keys(conditions).length > 0);
  return fault ?? { issuer, subject: String(subject), claims: conditions };
}

function subjectFault(subject: unknown, hasCondition: boolean): string | undefined {
  if (!isName(subject)) {
    return 'subject must be a string of 1 to 255 characters, without control or invisible characters';
  }
  const prefix = wildcardPrefix(subject) ?? subject;
  if (prefix.includes('*')) return 'subject must have no * but one at its end';
  if (prefix === subject) return undefined;
  const segments = prefix.split(/[:/]/).filter((segment) => segment !== '');
  if (!/[:/]$/.test(prefix) || segments.length < LEAST_SEGMENTS) {
    return `subject must have its * directly after : or /, and at least ${LEAST_SEGMENTS} segments before it`;
  }
  return hasCondition ? undefined : 'subject may end in * only with a condition in claims';
}

function isConditions(value: unknown): value is FederatedCredential['claims'] {
  if (!isJsonObject(value) || Object.keys(value).length > MAX_CONDITIONS) return false;
  return Object.entries(value).every(
    ([pointer, expected]) =>
      parsePointer(pointer) !== undefined &&
      (isConditionValue(expected) ||
        (isListOf(expected, isConditionValue, MAX_VALUES) && (expected as unknown[]).length > 0)),
  );
}

/** JSON numbers beyond 2^53 - 1 are rounded when they are read: the condition would accept neighbours, too. */
function isConditionValue(value: unknown): value is ConditionValue {
  return isName(value) || typeof value === 'boolean' || isExactNumber(value);
}

function isExactNumber(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}

/** Whether two credentials accept the same tokens: issuer, subject and conditions are equal, in any order. */
export function sameCredential(one: FederatedCredential, other: FederatedCredential): boolean {
  return canonicalText(one) === canonicalText(other);
}

function canonicalText({ issuer, subject, claims }: FederatedCredential): string {
  const conditions = Object.entries(claims)
    .map(([pointer, expected]) => [
      pointer,
      [expected]
        .flat()
        .map((value) => JSON.stringify(value))
        .sort(),
    ])
    .sort(([one = ''], [two = '']) => (one < two ? -1 : 1));
  return JSON.stringify([issuer, subject, conditions]);
}
