export { MovedClock } from '../../src/testing/moved-clock.js';

/** 2026-01-01T00:00:00Z, in seconds: when the tests take place unless they say otherwise. */
export const NEW_YEAR = 1_767_225_600;
