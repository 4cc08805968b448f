import { Module, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../clock.js';
import { KEYS_SETTINGS, type KeysSettings } from '../config/namespaces.js';
import { ALGORITHMS } from '../jwt/algorithms.js';
import { ChangeNotifier } from '../sync/change-notifier.js';
import { SyncLoop } from '../sync/sync-loop.js';
import { SyncModule } from '../sync/sync.module.js';
import { KeyEncryption } from './key-encryption.js';
import { algorithmsInForce } from './key-ring.js';
import { KeyStore } from './key-store.js';
import { ManagedKeys } from './managed-keys.js';

/** Before the clients: their tokens are signed and verified by these keys. */
const SYNC_ORDER = 10;

/**
 * Owns signing and verification keys: the key ring, imported and managed keys, rotation, encryption at rest.
 * The KeyStore and the settings come from global modules.
 */
@Module({
  imports: [SyncModule],
  providers: [
    {
      provide: ManagedKeys,
      inject: [KEYS_SETTINGS, KeyStore, Clock, ChangeNotifier],
      useFactory: managedKeys,
    },
  ],
  exports: [ManagedKeys],
})
export class KeysModule implements OnModuleInit {
  constructor(
    private readonly syncLoop: SyncLoop,
    private readonly keys: ManagedKeys,
  ) {}

  onModuleInit(): void {
    this.syncLoop.join(this.keys, SYNC_ORDER);
  }
}

/** The service generates keys for the asymmetric algorithms in force, except those with imported keys. */
function managedKeys(
  settings: KeysSettings,
  store: KeyStore,
  clock: Clock,
  notifier: ChangeNotifier,
): ManagedKeys {
  const asymmetric = [...algorithmsInForce(settings)].filter((algorithm) => !ALGORITHMS[algorithm].shared);
  const imported = new Set(settings.importedKeys.map(({ algorithm }) => algorithm));
  return new ManagedKeys(store, {
    encryption: new KeyEncryption(settings.encryptionKey, settings.previousEncryptionKeys),
    clock,
    policy: { period: settings.rotationPeriodMs, lifetimeSeconds: settings.lifetimeSeconds },
    algorithms: asymmetric.filter((algorithm) => !imported.has(algorithm)),
    previousAlgorithms: asymmetric.filter((algorithm) => imported.has(algorithm)),
    publish: () => notifier.publish(),
  });
}
