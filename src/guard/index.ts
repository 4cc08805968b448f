export { Clock, SystemClock } from '../clock.js';
export type { Algorithm } from '../jwt/algorithms.js';
export { secretFingerprint } from '../jwt/secret-fingerprint.js';
export type {
  AcceptedToken,
  RefusalCode,
  RefusedToken,
  VerificationResult,
} from '../jwt/verification-result.js';
export { claimsOf } from './accepted-claims.js';
export { BearerRefusal, type RefusalBody } from './bearer-refusal.js';
export type { ProtectedSpace } from './bearer-challenge.js';
export type {
  ClaimsCheck,
  StandardSchema,
  StandardSchemaIssue,
  StandardSchemaResult,
} from './claims-check-options.js';
export { CurrentToken } from './current-token.decorator.js';
export type { AcceptedEvent, GuardHooks, GuardOutcome, RefusedEvent } from './guard-events.js';
export { IdentityAuthHealth, type IdentityAuthHealthResult } from './identity-auth-health.js';
export {
  type IdentityAuthAsyncOptions,
  IdentityAuthModule,
  type IdentityAuthOptionsFactory,
} from './identity-auth.module.js';
export type { AsyncOptions } from '../registration/async-options.js';
export type { RegistrationScope } from '../registration/registration-scope.js';
export type {
  GuardOptions,
  IdentityAuthOptions,
  IntrospectionOptions,
  IssuerOptions,
  TokenFrom,
} from './identity-auth-options.js';
export { JwtAuthGuard } from './jwt-auth.guard.js';
export { OptionalToken } from './optional-token.decorator.js';
export type { ProtectedResource, ProtectedResourceOptions, ResourceMetadata } from './protected-resource.js';
export { Public } from './public.decorator.js';
export { RequireClaims } from './require-claims.decorator.js';
export { RequireAnyScope, RequireScopes } from './require-scopes.decorator.js';
export type { RequiredClaims, RequiredValue } from './required-claims.js';
export { TokenVerifier } from './token-verifier.js';
export type { Claims } from './typed-claims.js';
export type {
  TokenRefusal,
  TokenRefusalCode,
  Unavailable,
  VerificationOutcome,
} from './verification-outcome.js';
