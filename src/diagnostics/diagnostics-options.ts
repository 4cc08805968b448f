/** What `/debug-env` shows. */
export interface DiagnosticsOptions {
  /** Where false, the route answers 404. */
  readonly enabled: boolean;
  readonly issuer: string;
  readonly lifetimeSeconds: number;
  readonly algorithms: readonly string[];
  readonly secret: string | undefined;
  /** What commonly differs between two copies of the secret. */
  readonly secretWarnings: readonly string[];
  /** Of this package. */
  readonly version: string;
}

/** Injection token of {@link DiagnosticsOptions}. */
export const DIAGNOSTICS_OPTIONS = Symbol('DIAGNOSTICS_OPTIONS');
