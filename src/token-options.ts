import { clientRevocation } from './clients/client-revocation.js';
import type { ClientRegistry } from './clients/client-registry.js';
import type { Clock } from './clock.js';
import type { Settings } from './config/settings.js';
import type { ManagedKeys } from './keys/managed-keys.js';
import type { Revocations } from './revocation/revocations.js';
import type { TokenSettings } from './token/token-module-options.js';
import type { RevocationCheck, ServiceParts } from './token/token-options.js';

/** What the tokens of the service depend on beside its settings. */
interface TokenState {
  readonly managedKeys: ManagedKeys;
  readonly clients: ClientRegistry;
  readonly revocations: Revocations;
}

/** The options of the tokens that the service itself issues. */
export function tokenOptions(
  settings: Settings,
  clock: Clock,
  { managedKeys, clients, revocations }: TokenState,
): TokenSettings & ServiceParts {
  const revocationCheck: RevocationCheck = (claims) =>
    revocations.isRevoked(claims)
      ? 'The token was taken back; ask for a new one.'
      : clientRevocation(clients, claims);
  return {
    issuer: settings.issuer,
    lifetimeSeconds: settings.lifetimeSeconds,
    algorithms: settings.algorithms,
    audienceAlgorithms: settings.audienceAlgorithms,
    secret: settings.secret,
    previousSecrets: settings.previousSecrets,
    importedKeys: settings.importedKeys,
    clockToleranceSeconds: settings.clockToleranceSeconds,
    clock,
    showFingerprints: settings.debugEnv,
    // The settings have verified them: outside production a weak one is only warned of.
    allowWeakSecrets: true,
    managedKeys,
    revocationCheck,
  };
}
