/** The longest lifetime of a token that can be configured; seconds. */
export const MAX_LIFETIME_SECONDS = 24 * 60 * 60;

/** The largest clock tolerance that can be configured: how long after its `exp` a token may still be accepted; seconds. */
export const MAX_TOLERANCE_SECONDS = 60;
