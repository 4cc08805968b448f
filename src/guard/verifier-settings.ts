import { SystemClock, type Clock } from '../clock.js';
import { globalFetch, type Fetch } from '../http-client/fetch-json.js';
import { MAX_TOLERANCE_SECONDS } from '../jwt/lifetime.js';
import { claimsCheckFault } from './claims-rule.js';
import type { GuardOptions, IdentityAuthOptions, IssuerOptions } from './identity-auth-options.js';
import { ISSUER_OPTIONS, issuerSettings, type IssuerSettings } from './issuer-settings.js';
import {
  check,
  checkFlag,
  checkFunction,
  checkName,
  checkNames,
  checkObject,
  checkOption,
  checkSeconds,
} from './option-rules.js';
import { type ProtectedResource, readProtectedResource } from './protected-resource.js';
import { tokenFromFault } from './token-source.js';

/** The options, validated and complete. */
export interface VerifierSettings {
  /** At least one, each of another name. */
  readonly issuers: readonly [IssuerSettings, ...IssuerSettings[]];
  readonly toleranceSeconds: number;
  readonly realm: string;
  readonly resource: ProtectedResource | undefined;
  readonly allowPlainHttp: boolean;
  readonly allowBoundAsBearer: boolean;
  readonly clock: Clock;
  readonly fetch: Fetch;
}

/** The names of the options that all issuers share, each once: the compiler refuses a missing one. */
const NAMES: Readonly<Record<keyof GuardOptions, true>> = {
  realm: true,
  clockToleranceSeconds: true,
  allowPlainHttp: true,
  allowBoundAsBearer: true,
  tokenFrom: true,
  check: true,
  hydrate: true,
  onAccepted: true,
  onRefused: true,
  onOutcome: true,
  resource: true,
  authorizationServers: true,
  scopes: true,
  metadata: true,
  clock: true,
  fetch: true,
};
const GUARD_OPTIONS: readonly string[] = Object.keys(NAMES);

/**
 * Validates the options and fills in the defaults, so that invalid options fail the start of the application,
 * not its first request.
 *
 * @throws {TypeError} that names the invalid option and the kind of its value, and contains no secret
 */
export function verifierSettings(options: IdentityAuthOptions): VerifierSettings {
  checkObject('the options', options, ' (does the factory return them?)');
  checkShared(options);
  const { allowPlainHttp = false, clockToleranceSeconds = 0, realm, resource } = options;
  checkSeconds('clockToleranceSeconds', clockToleranceSeconds, MAX_TOLERANCE_SECONDS);
  const [first, ...others] = entriesOf(options).map(({ path, entry }) =>
    issuerSettings(entry, { path, resource, allowPlainHttp }),
  );
  check(first !== undefined, 'issuers must be an array of at least one issuer, not an empty array');
  const issuers = [first, ...others] as const;
  checkDistinct(issuers);
  return {
    issuers,
    toleranceSeconds: clockToleranceSeconds,
    realm: realm ?? first.audiences[0] ?? '',
    resource: readProtectedResource(options, {
      issuers: issuers.map(({ issuer }) => issuer),
      allowPlainHttp,
    }),
    allowPlainHttp,
    allowBoundAsBearer: options.allowBoundAsBearer ?? false,
    clock: options.clock ?? new SystemClock(),
    fetch: options.fetch ?? globalFetch,
  };
}

/** The options of each issuer, and what precedes their names in errors. */
function entriesOf(
  options: IdentityAuthOptions,
): readonly { readonly path: string; readonly entry: IssuerOptions }[] {
  if (!('issuers' in options) || options.issuers === undefined) {
    const single = options as GuardOptions & IssuerOptions;
    checkNames('the options', options, [...ISSUER_OPTIONS, ...GUARD_OPTIONS, 'issuers']);
    return [{ path: '', entry: single }];
  }
  const { issuers } = options;
  const both = Object.entries(options).find(
    ([name, value]) => ISSUER_OPTIONS.includes(name) && value !== undefined,
  );
  check(both === undefined, `with issuers, ${both?.[0] ?? ''} belongs to each of them`);
  checkNames('the options', options, ['issuers', ...ISSUER_OPTIONS, ...GUARD_OPTIONS]);
  checkOption(Array.isArray(issuers), 'issuers', 'an array', issuers);
  return issuers.map((entry, index) => {
    checkObject(`issuers[${index}]`, entry);
    checkNames(`the options of issuers[${index}]`, entry, ISSUER_OPTIONS);
    return { path: `issuers[${index}].`, entry };
  });
}

function checkDistinct(issuers: readonly IssuerSettings[]): void {
  issuers.forEach(({ issuer }, index) => {
    const earlier = issuers.findIndex((other) => other.issuer === issuer);
    check(
      earlier === index,
      `issuers[${index}].issuer is that of issuers[${earlier}] too; one entry may have several audiences and secrets`,
    );
  });
}

function checkShared(options: GuardOptions): void {
  const { realm, resource, clock, fetch, tokenFrom, check: claimsCheck } = options;
  for (const name of ['allowPlainHttp', 'allowBoundAsBearer', 'hydrate'] as const) {
    checkFlag(name, options[name]);
  }
  for (const name of ['onAccepted', 'onRefused', 'onOutcome'] as const) checkFunction(name, options[name]);
  checkFunction('fetch', fetch);
  if (realm !== undefined) checkName('realm', realm);
  if (resource !== undefined) checkName('resource', resource);
  const isClock = clock === undefined || typeof (Object(clock) as Partial<Clock>).now === 'function';
  checkOption(isClock, 'clock', 'a Clock', clock);
  for (const fault of [tokenFromFault(tokenFrom), claimsCheckFault(claimsCheck)]) {
    check(fault === undefined, fault ?? '');
  }
}
