import { kindOf } from '../encoding/kind-of.js';
import { check, type ClientSettings, isText } from './client-settings.js';
import type { TokenTarget } from './token-client-options.js';

/** A target, validated: the parameters of the request for its token. */
export interface RequestedToken {
  /** The same for targets that request the same token. */
  readonly id: string;
  /** What the token is for, in words for a log. */
  readonly purpose: string;
  readonly route: 'token' | 'oauth2/token';
  readonly audience: string | undefined;
  readonly scope: string | undefined;
  readonly resources: readonly string[];
  readonly subject: string | undefined;
  readonly claims: object | undefined;
  /** Seconds. */
  readonly expiresIn: number | undefined;
}

/** The most resources of one token. */
const MAX_RESOURCES = 20;

/** The largest claims that `POST /token` accepts, in bytes of JSON: they are part of the key of a cache. */
const MAX_CLAIMS_BYTES = 4096;

/** @throws {TypeError} naming the field of the target that is invalid, or that this client cannot request */
export function requestedToken(target: TokenTarget, settings: ClientSettings): RequestedToken {
  if (typeof target !== 'object' || (target as unknown) === null) {
    throw new TypeError(`TokenClient: the target must be an object, and is ${kindOf(target)}`);
  }
  const { audience, scope, subject, expiresIn } = target;
  check(audience === undefined || isText(audience), 'audience must be a non-empty string', audience);
  check(scope === undefined || typeof scope === 'string', 'scope must be a string', scope);
  check(subject === undefined || isText(subject), 'subject must be a non-empty string', subject);
  check(
    expiresIn === undefined || (Number.isSafeInteger(expiresIn) && expiresIn > 0),
    'expiresIn must be a whole number of seconds over 0',
    expiresIn,
  );
  const fields = {
    audience,
    scope: scope === '' ? undefined : scope,
    resources: readResources(target.resource),
    subject,
    claims: readClaims(target.claims),
    expiresIn,
  };
  if (audience === undefined && fields.resources.length === 0 && fields.scope === undefined) {
    throw new TypeError('TokenClient: audience is missing: give an audience, a resource or a scope');
  }
  const route = routeOf(fields, settings);
  return { ...fields, route, id: JSON.stringify(Object.values(fields)), purpose: purposeOf(fields) };
}

type Fields = Omit<RequestedToken, 'id' | 'purpose' | 'route'>;

const purposeOf = ({ audience, resources, scope }: Fields): string =>
  audience ?? (resources.length > 0 ? resources.join(' ') : `the scope ${scope}`);

/** Only `POST /token` takes the subject of a token; only a token endpoint takes a resource. */
function routeOf(fields: Fields, settings: ClientSettings): RequestedToken['route'] {
  const { audience, resources, subject, claims, expiresIn } = fields;
  const json = Object.entries({ subject, claims, expiresIn }).find(([, value]) => value !== undefined)?.[0];
  const reason = json ?? (settings.subject === undefined ? undefined : 'subject');
  const isRefused = (condition: boolean, message: string): void => {
    if (condition) throw new TypeError(`TokenClient: ${message}`);
  };
  if (reason === undefined) {
    isRefused(
      !settings.isForeign && audience !== undefined && resources.length > 0,
      'audience and resource exclude each other',
    );
    return 'oauth2/token';
  }
  isRefused(settings.isForeign, `${reason} needs POST /token, so neither discover nor tokenEndpoint`);
  isRefused(
    settings.credentials !== undefined && 'key' in settings.credentials,
    `${reason} needs POST /token, which accepts a clientSecret, but no privateKey`,
  );
  isRefused(resources.length > 0, `resource and ${reason} exclude each other: give an audience`);
  isRefused(audience === undefined, `audience is missing: a token with ${reason} needs one`);
  return 'token';
}

/** The resources without duplicates, sorted: their order means nothing (RFC 8707 §2). */
function readResources(resource: unknown): readonly string[] {
  if (resource === undefined) return [];
  const resources: readonly unknown[] = Array.isArray(resource) ? resource : [resource];
  check(
    resources.length > 0 && resources.length <= MAX_RESOURCES,
    `resource must be 1 to ${MAX_RESOURCES} URIs`,
    resource,
  );
  return [...new Set(resources.map(readResource))].sort();
}

function readResource(resource: unknown): string {
  const isResource = typeof resource === 'string' && URL.canParse(resource) && !resource.includes('#');
  check(isResource, 'resource must be an absolute URI without a fragment', resource);
  return resource;
}

/** A copy of the claims with the fields of every object sorted; no claims are the same as an empty object. */
function readClaims(claims: unknown): object | undefined {
  if (claims === undefined) return undefined;
  check(
    typeof claims === 'object' && claims !== null && !Array.isArray(claims),
    'claims must be an object',
    claims,
  );
  const text = toJson(claims);
  check(text !== undefined, 'claims must be JSON', claims);
  check(
    Buffer.byteLength(text) <= MAX_CLAIMS_BYTES,
    `claims must be at most ${MAX_CLAIMS_BYTES} bytes of JSON`,
    claims,
  );
  const copy: unknown = JSON.parse(text, (_name, value: unknown) => sorted(value));
  return text === '{}' ? undefined : (copy as object);
}

/** @returns `undefined` for what JSON cannot represent: a cycle, a `bigint` */
function toJson(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
