import { type DynamicModule, Module } from '@nestjs/common';
import type { Clock } from '../clock.js';
import { KeyEncryption } from './key-encryption.js';
import { KeyStore } from './key-store.js';
import { OwnKeys } from './own-keys.js';

/** What {@link KeysModule.forRoot} takes. */
export interface KeysOptions {
  readonly encryptionKey: string;
  readonly previousEncryptionKeys: readonly string[];
  readonly clock: Clock;
}

/** The keys that the service makes and keeps for itself, over the KeyStore of a global module. */
@Module({})
export class KeysModule {
  static forRoot({ encryptionKey, previousEncryptionKeys, clock }: KeysOptions): DynamicModule {
    const encryption = new KeyEncryption(encryptionKey, previousEncryptionKeys);
    return {
      module: KeysModule,
      global: true,
      providers: [
        {
          provide: OwnKeys,
          inject: [KeyStore],
          useFactory: (store: KeyStore) => new OwnKeys(store, encryption, clock),
        },
      ],
      exports: [OwnKeys],
    };
  }
}
