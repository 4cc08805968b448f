import type { Logger } from 'pino';
import type { AnsweredRequest } from '../http/edge.js';
import type { Metrics } from './metrics.js';

/** Asked for every few seconds by machines: a line each would bury the others. */
const QUIET = ['/ping', '/health/live', '/health/ready', '/metrics'];

/** Writes one line of the log for each answer, and counts it. */
export function requestRecorder(
  log: Logger,
  metrics: Metrics,
  basePath: string,
): (request: AnsweredRequest) => void {
  const quiet = new Set(QUIET.map((path) => basePath + path));
  return ({ id, method, route, status, milliseconds }) => {
    metrics.requestAnswered(method, route, status, milliseconds);
    const level = status >= 500 ? 'error' : quiet.has(route) ? 'debug' : 'info';
    log[level]({ reqId: id, method, route, status, ms: Math.round(milliseconds * 1000) / 1000 }, 'answered');
  };
}
