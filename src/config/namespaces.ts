import { getConfigToken } from '@nestjs/config';
import type { Settings } from './settings.js';

/** The settings that each part of the service reads; a part injects its own namespace, never all settings. */
export const NAMESPACES = {
  jwt: [
    'issuer',
    'lifetimeSeconds',
    'algorithms',
    'audienceAlgorithms',
    'importedKeys',
    'secret',
    'previousSecrets',
    'clockToleranceSeconds',
  ],
  keys: [
    'algorithms',
    'audienceAlgorithms',
    'importedKeys',
    'lifetimeSeconds',
    'rotationPeriodMs',
    'encryptionKey',
    'previousEncryptionKeys',
  ],
  database: ['databaseUrl'],
  clients: ['lifetimeSeconds', 'authFailureMax', 'redisUrl'],
  oauth2: [
    'issuer',
    'publicUrl',
    'basePath',
    'algorithms',
    'audienceAlgorithms',
    'clientAssertionAudience',
    'swagger',
    'tokenEndpointAuth',
    'maxDelegationDepth',
  ],
  issuers: ['issuer', 'publicUrl', 'production', 'issuerNetworks', 'maxDelegationDepth'],
  diagnostics: [
    'debugEnv',
    'metrics',
    'issuer',
    'publicUrl',
    'lifetimeSeconds',
    'algorithms',
    'secret',
    'previousSecrets',
    'clientAssertionAudience',
  ],
  server: [
    'issuer',
    'publicUrl',
    'basePath',
    'trustedProxies',
    'corsOrigins',
    'rateLimitMax',
    'rateLimitWindowMs',
    'redisUrl',
    'swagger',
  ],
} as const satisfies Readonly<Record<string, readonly (keyof Settings)[]>>;

type Namespace<Name extends keyof typeof NAMESPACES> = Pick<Settings, (typeof NAMESPACES)[Name][number]>;

/** Which tokens are issued and accepted. */
export type JwtSettings = Namespace<'jwt'>;
/** Injection token of {@link JwtSettings}. */
export const JWT_SETTINGS = getConfigToken('jwt');

/** Which keys the service makes for itself, and how it stores and replaces them. */
export type KeysSettings = Namespace<'keys'>;
/** Injection token of {@link KeysSettings}. */
export const KEYS_SETTINGS = getConfigToken('keys');

/** The location of the database. */
export type DatabaseSettings = Namespace<'database'>;
/** Injection token of {@link DatabaseSettings}. */
export const DATABASE_SETTINGS = getConfigToken('database');

/** The limits on clients. */
export type ClientSettings = Namespace<'clients'>;
/** Injection token of {@link ClientSettings}. */
export const CLIENT_SETTINGS = getConfigToken('clients');

/** What the OAuth endpoints publish and accept. */
export type OAuth2Settings = Namespace<'oauth2'>;
/** Injection token of {@link OAuth2Settings}. */
export const OAUTH2_SETTINGS = getConfigToken('oauth2');

/** Which issuers outside of this service may be trusted. */
export type IssuersSettings = Namespace<'issuers'>;
/** Injection token of {@link IssuersSettings}. */
export const ISSUERS_SETTINGS = getConfigToken('issuers');

/** What operators may read, and what they compare with other services. */
export type DiagnosticsSettings = Namespace<'diagnostics'>;
/** Injection token of {@link DiagnosticsSettings}. */
export const DIAGNOSTICS_SETTINGS = getConfigToken('diagnostics');

/** How requests reach the service. */
export type ServerSettings = Namespace<'server'>;
/** Injection token of {@link ServerSettings}. */
export const SERVER_SETTINGS = getConfigToken('server');
