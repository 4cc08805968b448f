import type { Settings } from '../../src/config/settings.js';
import { baseUrlOf } from '../../src/published-urls.js';

/** Long enough for HS512. */
export const SECRET = 'a-shared-secret-of-the-tests-that-is-long-enough-for-HS512-0123456789';

/** A secret that preceded {@link SECRET}. */
export const PREVIOUS_SECRET = 'the-previous-secret-of-the-tests-that-is-long-enough-for-HS512-98765432';

/** The settings of a service outside production, without Swagger UI, which takes the longest to start. */
export function testSettings(changes: Partial<Settings> = {}): Settings {
  return {
    production: false,
    mode: 'development',
    settingsFile: undefined,
    issuer: 'identity-backend',
    publicUrl: baseUrlOf(changes.issuer ?? ''),
    clientAssertionAudience: 'issuer-or-endpoint',
    issuerNetworks: [],
    maxDelegationDepth: 4,
    lifetimeSeconds: 900,
    algorithms: ['HS256'],
    audienceAlgorithms: new Map(),
    importedKeys: [],
    rotationPeriodMs: 90 * 24 * 60 * 60 * 1000,
    secret: SECRET,
    previousSecrets: [],
    clockToleranceSeconds: 0,
    databaseUrl: 'sqlite::memory:',
    encryptionKey: 'a-key-encryption-key-of-the-tests-0123456789',
    previousEncryptionKeys: [],
    redisUrl: undefined,
    authFailureMax: 10,
    rateLimitMax: 0,
    rateLimitWindowMs: 60_000,
    workers: 1,
    inPassenger: false,
    tokenEndpointAuth: 'none',
    host: '127.0.0.1',
    port: 0,
    basePath: '',
    trustedProxies: [],
    logLevel: 'info',
    debugEnv: true,
    swagger: false,
    metrics: true,
    corsOrigins: [],
    notices: [],
    ...changes,
  };
}
