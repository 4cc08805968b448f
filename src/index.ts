export {
  type AdministrationEvent,
  type AuditEvent,
  AuditLog,
  type AuthenticationFailed,
  type ClientChanged,
  type KeysRotated,
  type SecretChanged,
  type TokenIssued,
  type TokenRefused,
  type TokenRevoked,
} from './audit/audit-log.js';
export { redactEvent } from './audit/redact-event.js';
export { Clock, SystemClock } from './clock.js';
export type { Algorithm } from './jwt/algorithms.js';
export type { Claims } from './jwt/claims.js';
export type { TokenType } from './jwt/compact-jws.js';
export {
  type AcceptedToken,
  REFUSAL_MESSAGES,
  type RefusalCode,
  type RefusedToken,
  type VerificationResult,
} from './jwt/verification-result.js';
export { secretFingerprint } from './jwt/secret-fingerprint.js';
export type { EmbeddedTokenRoutes } from './token/embedded/embedded-token-routes.js';
export type { Issued, IssueOutcome, IssueRefusalCode, NotIssued } from './token/issue-outcome.js';
export type {
  TokenModuleAsyncOptions,
  TokenModuleOptions,
  TokenSettings,
} from './token/token-module-options.js';
export { TokenModule } from './token/token.module.js';
export type { RequestingClient, TokenRequest } from './token/token-request.js';
export { TokenService, type VerifyRequest } from './token/token.service.js';
export { VerificationLog } from './token/verification-log.js';
export { VERSION } from './version.js';
