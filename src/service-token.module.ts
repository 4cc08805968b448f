import { Global, Module } from '@nestjs/common';
import { clientRevocation } from './clients/client-revocation.js';
import { ClientRegistry } from './clients/client-registry.js';
import { ClientsModule } from './clients/clients.module.js';
import { Clock } from './clock.js';
import {
  DIAGNOSTICS_SETTINGS,
  type DiagnosticsSettings,
  JWT_SETTINGS,
  type JwtSettings,
} from './config/namespaces.js';
import { KeysModule } from './keys/keys.module.js';
import { ManagedKeys } from './keys/managed-keys.js';
import { RevocationModule } from './revocation/revocation.module.js';
import { Revocations } from './revocation/revocations.js';
import type { TokenSettings } from './token/token-module-options.js';
import type { ServiceParts } from './token/token-options.js';
import { TokenModule } from './token/token.module.js';

/** The TokenModule of the service, imported as in any other application and exported to all modules. */
@Global()
@Module({
  imports: [
    TokenModule.forRootAsync({
      imports: [KeysModule, ClientsModule, RevocationModule],
      inject: [JWT_SETTINGS, DIAGNOSTICS_SETTINGS, Clock, ManagedKeys, ClientRegistry, Revocations],
      useFactory: tokenOptions,
    }),
  ],
  exports: [TokenModule],
})
export class ServiceTokenModule {}

function tokenOptions(
  settings: JwtSettings,
  { debugEnv }: DiagnosticsSettings,
  clock: Clock,
  managedKeys: ManagedKeys,
  clients: ClientRegistry,
  revocations: Revocations,
): TokenSettings & ServiceParts {
  return {
    ...settings,
    clock,
    showFingerprints: debugEnv,
    // `loadSettings` has checked the secrets: outside production, a weak one only causes a warning.
    allowWeakSecrets: true,
    managedKeys,
    revocationCheck: (claims) =>
      revocations.isRevoked(claims)
        ? 'The token was revoked; request a new one.'
        : clientRevocation(clients, claims),
  };
}
