import { Inject, Injectable } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';

/** Injection token of the paths of the routes, without the global prefix of the application. */
export const ROUTE_PATHS = Symbol('ROUTE_PATHS');

/**
 * The full paths of the embedded routes, computed when first needed: the application sets its global prefix
 * only after its modules are created.
 */
@Injectable()
export class EmbeddedPaths {
  private fullPaths: readonly string[] | undefined;

  constructor(
    private readonly application: ApplicationConfig,
    @Inject(ROUTE_PATHS) private readonly paths: readonly string[],
  ) {}

  /** @param path the path of a request, or the pattern of its route */
  has(path: string): boolean {
    return this.all().includes(path);
  }

  /** As {@link has}, but ignores case and a trailing slash, as Express does. */
  hasLoosely(path: string): boolean {
    const lower = path.toLowerCase().replace(/\/$/, '');
    return this.all().some((each) => each.toLowerCase() === lower);
  }

  private all(): readonly string[] {
    return (this.fullPaths ??= this.paths.map((path) => this.fullPathOf(path)));
  }

  private fullPathOf(path: string): string {
    const { exclude = [] } = this.application.getGlobalPrefixOptions();
    const own = joinPath(path);
    const isExcluded = exclude.some(({ pathRegex }) => pathRegex.test(own));
    return isExcluded ? own : joinPath(this.application.getGlobalPrefix(), path);
  }
}

/** Joins parts of a path, whether or not they begin or end with slashes; skips empty ones. */
export function joinPath(...parts: readonly string[]): string {
  const steps = parts.flatMap((part) => part.split('/')).filter((step) => step !== '');
  return `/${steps.join('/')}`;
}
