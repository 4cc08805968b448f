import { type DynamicModule, Module } from '@nestjs/common';
import type { Algorithm } from '../jwt/algorithms.js';
import type { Clock } from '../clock.js';
import { KeyEncryption } from './key-encryption.js';
import type { RotationPolicy } from './key-rotation.js';
import { KeyStore } from './key-store.js';
import { ManagedKeys } from './managed-keys.js';

/** What {@link KeysModule.forRoot} takes. */
export interface KeysOptions {
  readonly encryptionKey: string;
  readonly previousEncryptionKeys: readonly string[];
  readonly clock: Clock;
  readonly policy: RotationPolicy;
  /** The asymmetric algorithms whose keys the service makes for itself. */
  readonly algorithms: readonly Algorithm[];
  /** Those for which it made keys until others were given. */
  readonly formerAlgorithms: readonly Algorithm[];
  /** Tells other processes that something changed, and waits for them. */
  readonly publish: () => Promise<void>;
}

/** The keys that the service makes and rotates for itself, over the KeyStore of a global module. */
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
