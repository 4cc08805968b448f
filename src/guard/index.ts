export { Clock, SystemClock } from '../clock.js';
export type { Algorithm } from '../jwt/algorithms.js';
export type { Claims } from '../jwt/claims.js';
export { secretFingerprint } from '../jwt/secret-fingerprint.js';
export type {
  AcceptedToken,
  RefusalCode,
  RefusedToken,
  VerificationResult,
} from '../jwt/verification-result.js';
export { claimsOf } from './accepted-claims.js';
export { BearerRefusal, type RefusalBody } from './bearer-refusal.js';
export { CurrentToken } from './current-token.decorator.js';
export { type IdentityAuthAsyncOptions, IdentityAuthModule } from './identity-auth.module.js';
export type { IdentityAuthOptions, IntrospectionOptions } from './identity-auth-options.js';
export { JwtAuthGuard } from './jwt-auth.guard.js';
export { Public } from './public.decorator.js';
export { RequireScopes } from './require-scopes.decorator.js';
export { TokenVerifier, type Unavailable, type VerificationOutcome } from './token-verifier.js';
