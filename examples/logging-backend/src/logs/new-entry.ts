import type { LogEntry } from './log-entry.js';

/** What another service sends. */
export type NewEntry = Pick<LogEntry, 'service' | 'level' | 'message' | 'context'>;

/** The deepest `context` that is kept. */
const MAX_DEPTH = 16;

/** Reads the body of `POST /log`, or says in one sentence what is wrong with it. */
export function readNewEntry(body: unknown): NewEntry | string {
  const { service, level, message, context = null } = isObject(body) ? body : {};
  if ([service, level, message].some((member) => member === undefined || member === null || member === '')) {
    return 'Missing required fields';
  }
  if (typeof service !== 'string' || [...service].length > 255) {
    return 'service must be a string of at most 255 characters';
  }
  if (typeof level !== 'string' || !/^[A-Za-z]{1,16}$/.test(level)) {
    return 'level must be a word of at most 16 letters';
  }
  if (typeof message !== 'string') return 'message must be a string';
  if (context !== null && !isObject(context)) return 'context must be an object';
  if (depthOf(context) > MAX_DEPTH) return `context must be at most ${MAX_DEPTH} levels deep`;
  // PostgreSQL keeps no NUL, and half of a surrogate pair is no text. JSON, as which the context is kept, escapes both.
  if (/\0|\p{Surrogate}/u.test(service + message)) return 'service and message must be Unicode without NUL';
  return { service, level, message, context };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}
