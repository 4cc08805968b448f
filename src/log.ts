export type { Logger as Log } from 'pino';

/** Injection token of the log of the process, a {@link Log}. */
export const LOG = Symbol('LOG');
