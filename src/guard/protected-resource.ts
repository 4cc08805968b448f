import { checkServiceAddress } from '../http-client/service-address.js';
import { isScopeToken } from '../jwt/scope.js';
import type { ProtectedSpace } from './bearer-challenge.js';
import { check } from './option-rules.js';

/** The options of a service that clients discover as a protected resource (RFC 9728). */
export interface ProtectedResourceOptions {
  /**
   * The URL of this service as a protected resource (RFC 9728 §1.2), such as `https://api.example/mcp`: https,
   * without query or fragment, its path of unreserved characters. The challenge of a 401 then names the
   * metadata of the resource (§5.1), by which clients find an authorization server and request a token.
   */
  readonly resource?: string | undefined;
  /**
   * The issuers in the metadata, from which clients choose one (RFC 9728 §2). Default: those issuers of the
   * guard that are URLs, of which there must be one.
   */
  readonly authorizationServers?: readonly string[] | undefined;
  /**
   * The scopes in the metadata (RFC 9728 §2), and in the challenge of an operation that requires none by
   * itself. Clients request all of them. Default: none.
   */
  readonly scopes?: readonly string[] | undefined;
  /**
   * Whether this application serves the metadata at the well-known URLs of the resource (RFC 9728 §3), to
   * everyone. Set it to false if something else serves it there, such as a gateway, or a second registration
   * for the same resource. Default true.
   */
  readonly metadata?: boolean | undefined;
}

/** A protected resource, its metadata, and the location of the metadata. */
export interface ProtectedResource {
  /** As clients read it (RFC 9728 §2). */
  readonly document: ResourceMetadata;
  /** The URL of the document: the well-known path between host and path of the resource (RFC 9728 §3.1). */
  readonly metadataUrl: string;
  /** The paths at which the document is served; none if something else serves it. */
  readonly paths: readonly string[];
}

/** The metadata of a protected resource (RFC 9728 §2). */
export interface ResourceMetadata {
  readonly resource: string;
  readonly authorization_servers: readonly string[];
  readonly scopes_supported?: readonly string[];
  readonly bearer_methods_supported: readonly ['header'];
}

/** What the rest of the options says. */
export interface ResourceContext {
  /** The accepted issuers. */
  readonly issuers: readonly string[];
  /** Whether `http:` URLs of other hosts are accepted. */
  readonly allowPlainHttp: boolean;
}

const MODULE = 'IdentityAuthModule:';
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/**
 * A path that every client and router writes in one way (RFC 3986 §6.2.2). Dot segments are not accepted:
 * clients remove them.
 */
const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)*\/?$/;

/**
 * Validates the options of a protected resource and fills in the defaults.
 *
 * @returns `undefined` without the option `resource`
 * @throws {TypeError} that names the invalid option
 */
export function readProtectedResource(
  options: ProtectedResourceOptions,
  context: ResourceContext,
): ProtectedResource | undefined {
  const { resource, scopes = [], metadata = true } = options;
  if (resource === undefined) {
    const names = ['authorizationServers', 'scopes', 'metadata'] as const;
    const useless = names.find((name) => options[name] !== undefined);
    check(useless === undefined, `${useless} needs resource, the URL of this service`);
    return undefined;
  }
  checkResource(resource, context);
  check(typeof metadata === 'boolean', 'metadata must be true or false');
  checkScopes(scopes);
  const { origin, pathname } = new URL(resource);
  const path = pathname === '/' ? '' : pathname;
  return {
    document: {
      resource,
      authorization_servers: authorizationServers(options, context),
      ...(scopes.length > 0 && { scopes_supported: [...scopes] }),
      bearer_methods_supported: ['header'],
    },
    metadataUrl: `${origin}${WELL_KNOWN}${path}`,
    paths: metadata ? wellKnownPaths(path) : [],
  };
}

/**
 * Describes the protected space for challenges.
 *
 * @param realm names the space (RFC 9110 §11.5)
 */
export function protectedSpace(realm: string, resource: ProtectedResource | undefined): ProtectedSpace {
  if (!resource) return { realm };
  return { realm, resourceMetadata: resource.metadataUrl, scopes: resource.document.scopes_supported };
}

/**
 * The specified path (RFC 9728 §3.1), and the one that is appended: some clients ask there, and behind a proxy
 * that forwards only the path of the resource it is the only one that arrives.
 */
function wellKnownPaths(path: string): readonly string[] {
  const appended = `${path.replace(/\/$/, '')}${WELL_KNOWN}`;
  // Some clients drop the slash at the end of the path.
  const withoutSlash = `${WELL_KNOWN}${path.replace(/\/$/, '')}`;
  return [...new Set([`${WELL_KNOWN}${path}`, withoutSlash, appended])];
}

function checkResource(resource: unknown, { allowPlainHttp }: ResourceContext): asserts resource is string {
  checkServiceAddress(`${MODULE} resource`, resource, { allowPlainHttp });
  // An empty query or fragment counts too, which a parsed URL does not show.
  check(!/[?#]/.test(resource), 'resource must have neither a query nor a fragment');
  const path = /^https?:\/\/[^/\\]*(.*)$/is.exec(resource)?.[1];
  check(
    path !== undefined && PATH.test(path),
    'resource must have a path of A-Z a-z 0-9 . _ ~ - between slashes, without dot segments',
  );
}

function authorizationServers(
  { authorizationServers: given }: ProtectedResourceOptions,
  { issuers, allowPlainHttp }: ResourceContext,
): readonly string[] {
  if (given === undefined) {
    const urls = issuers.filter((issuer) => /^https?:\/\//i.test(issuer) && URL.canParse(issuer));
    check(urls.length > 0, 'authorizationServers must be given with resource, as no issuer is a URL');
    return urls;
  }
  check(
    Array.isArray(given) && given.length > 0,
    'authorizationServers must be an array of URLs, at least one',
  );
  return given.map((server: unknown, index) => {
    checkServiceAddress(`${MODULE} authorizationServers[${index}]`, server, { allowPlainHttp });
    return server;
  });
}

function checkScopes(scopes: unknown): void {
  check(
    Array.isArray(scopes) && scopes.every(isScopeToken) && new Set(scopes).size === scopes.length,
    'scopes must be an array of distinct scope tokens (RFC 6749 §3.3)',
  );
}
