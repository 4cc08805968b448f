import { SettingsError } from '../config/settings.js';
import { DatabaseError } from '../database/database-error.js';
import { KeyEncryptionError } from '../keys/key-encryption.js';

/** EX_CONFIG of sysexits.h: process managers can be configured not to restart the service. */
const EXIT_CONFIG = 78;

/** Whether it fails again until the operator changes something. */
export function isConfigurationFault(error: unknown): error is Error {
  return (
    error instanceof SettingsError ||
    error instanceof KeyEncryptionError ||
    (error instanceof DatabaseError && !error.mayRecover)
  );
}

/** @returns the exit code of a process that ends with this error */
export function exitCode(error: unknown): number {
  return isConfigurationFault(error) ? EXIT_CONFIG : 1;
}
