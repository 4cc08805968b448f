export { MovedClock } from '../../src/testing/moved-clock.js';

/** 2026-01-01T00:00:00Z, in seconds: the time of the tests, unless they set another. */
export const NEW_YEAR = 1_767_225_600;
