export { Clock } from '../clock.js';
export type { Algorithm } from '../jwt/algorithms.js';
export type { RefusalCode } from '../jwt/verification-result.js';
export { MovedClock } from './moved-clock.js';
export { signedInAs, type SignedInClaims, type SignedInGuard } from './signed-in-as.js';
export { TestIssuer, type TestIssuerOptions } from './test-issuer.js';
export { TOKEN_FAULTS, type TokenFault } from './token-faults.js';
