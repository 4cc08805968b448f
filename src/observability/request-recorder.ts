import type { Logger } from 'pino';
import type { CompletedRequest } from '../server/server-hooks.js';
import type { Metrics } from './metrics.js';

/** Requested by machines every few seconds: a line each would bury the others. */
const QUIET = ['/ping', '/health/live', '/health/ready', '/metrics'];

/** What all responses of one method, route and status share: their part of the line, and their histogram. */
interface Kind {
  readonly duration: { observe(seconds: number): void };
  readonly log: Logger;
  readonly level: 'error' | 'debug' | 'info';
}

/** Writes one line of the log for each response, and counts it. */
export function requestRecorder(
  log: Logger,
  metrics: Metrics,
  basePath: string,
): (request: CompletedRequest) => void {
  const quiet = new Set(QUIET.map((path) => basePath + path));
  // Bounded: routes are known by their pattern.
  const kinds = new Map<string, Kind>();
  return ({ id, address, method, route, status, milliseconds }) => {
    const name = `${method} ${route} ${status}`;
    let kind = kinds.get(name);
    if (!kind) {
      kind = {
        duration: metrics.requestDuration(method, route, status),
        log: log.child({ method, route, status }),
        level: status >= 500 ? 'error' : quiet.has(route) ? 'debug' : 'info',
      };
      kinds.set(name, kind);
    }
    kind.duration.observe(milliseconds / 1000);
    kind.log[kind.level]({ reqId: id, address, ms: Math.round(milliseconds * 1000) / 1000 }, 'answered');
  };
}
