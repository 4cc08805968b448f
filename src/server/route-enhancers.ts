import type { ControllerMethod } from './header-guards.js';

/** The metadata keys of Nest's decorators, for which Nest exports no constants. */
const GUARDS = '__guards__';
const OTHER_ENHANCERS = {
  '@UseInterceptors': '__interceptors__',
  '@UsePipes': '__pipes__',
  '@UseFilters': '__exceptionFilters__',
};

/**
 * Refuses a fast route if it, or its controller, has a decorator that only Nest's own handler runs: any but
 * those of header guards.
 *
 * @param name of the route's method, for the message
 * @throws {Error} naming the decorators
 */
export function refuseEnhancers({ controller, method, guards }: ControllerMethod, name: string): void {
  const entries = (key: string): unknown[] =>
    [controller.constructor, method].flatMap((each) => (Reflect.getMetadata(key, each) ?? []) as unknown[]);
  const others = Object.entries(OTHER_ENHANCERS).filter(([, key]) => entries(key).length > 0);
  const skipped = others.map(([decorator]) => decorator);
  if (entries(GUARDS).length > guards.length) skipped.push('@UseGuards');
  if (skipped.length > 0) throw new Error(`${name}: a fast route would skip ${skipped.join(', ')}`);
}
