import type { Logger } from 'pino';
import type { CompletedRequest } from '../server/server-hooks.js';
import type { Metrics } from './metrics.js';

/** Routes that machines request every few seconds: a line for each request would bury the others. */
const QUIET = ['/ping', '/health/live', '/health/ready', '/metrics'];

/**
 * What all responses with the same method, route and status share: a part of the log line, and the histogram.
 */
interface Kind {
  readonly duration: { observe(seconds: number): void };
  readonly log: Logger;
  readonly level: 'error' | 'debug' | 'info';
}

/** Makes a function that writes one log line for each response, and counts it. */
export function requestRecorder(
  log: Logger,
  metrics: Metrics,
  basePath: string,
): (request: CompletedRequest) => void {
  const quiet = new Set(QUIET.map((path) => basePath + path));
  // Bounded, because routes are identified by their pattern.
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
