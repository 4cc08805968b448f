import { type DynamicModule, Module } from '@nestjs/common';
import type { Algorithm } from '../jwt/algorithms.js';
import type { Clock } from '../clock.js';
import { KeyEncryption } from './key-encryption.js';
import type { RotationPolicy } from './key-rotation.js';
import { KeyStore } from './key-store.js';
import { ManagedKeys } from './managed-keys.js';

/** Options of {@link KeysModule.forRoot}. */
export interface KeysOptions {
  readonly encryptionKey: string;
  readonly previousEncryptionKeys: readonly string[];
  readonly clock: Clock;
  readonly policy: RotationPolicy;
  /** The asymmetric algorithms whose keys the service makes for itself. */
  readonly algorithms: readonly Algorithm[];
  /** Algorithms for which it made keys before keys were imported. */
  readonly previousAlgorithms: readonly Algorithm[];
  /** Notifies other processes of a change, and waits for them. */
  readonly publish: () => Promise<void>;
}

/**
 * Owns signing and verification keys: the key ring, imported and managed keys, rotation, encryption at rest.
 * Uses the KeyStore of a global module; may import `jwt`, `sync`, `encoding` and `concurrency`.
 */
@Module({})
export class KeysModule {
  static forRoot({ encryptionKey, previousEncryptionKeys, ...options }: KeysOptions): DynamicModule {
    const encryption = new KeyEncryption(encryptionKey, previousEncryptionKeys);
    return {
      module: KeysModule,
      global: true,
      providers: [
        {
          provide: ManagedKeys,
          inject: [KeyStore],
          useFactory: (store: KeyStore) => new ManagedKeys(store, { encryption, ...options }),
        },
      ],
      exports: [ManagedKeys],
    };
  }
}
