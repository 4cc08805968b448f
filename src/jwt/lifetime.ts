/** The longest token lifetime that can be configured, in seconds. */
export const MAX_LIFETIME_SECONDS = 24 * 60 * 60;

/**
 * The largest clock tolerance that can be configured, in seconds: how long after its `exp` a token is
 * accepted.
 */
export const MAX_TOLERANCE_SECONDS = 60;
