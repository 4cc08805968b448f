import { Inject, Injectable } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';

/** Injection token of where the routes are, beneath the global prefix of the application. */
export const ROUTE_PATHS = Symbol('ROUTE_PATHS');

/** Where the embedded routes are in the application, which settles its global prefix only after its modules are made. */
@Injectable()
export class EmbeddedPaths {
  private addresses: readonly string[] | undefined;

  constructor(
    private readonly application: ApplicationConfig,
    @Inject(ROUTE_PATHS) private readonly paths: readonly string[],
  ) {}

  /** @param address path of a request, or pattern of its route */
  has(address: string): boolean {
    return this.all().includes(address);
  }

  /** The same where capital letters and a slash at the end make no difference, as on Express. */
  hasLoosely(address: string): boolean {
    const path = address.toLowerCase().replace(/\/$/, '');
    return this.all().some((each) => each.toLowerCase() === path);
  }

  private all(): readonly string[] {
    return (this.addresses ??= this.paths.map((path) => this.addressOf(path)));
  }

  private addressOf(path: string): string {
    const { exclude = [] } = this.application.getGlobalPrefixOptions();
    const own = joinPath(path);
    const isExcluded = exclude.some(({ pathRegex }) => pathRegex.test(own));
    return isExcluded ? own : joinPath(this.application.getGlobalPrefix(), path);
  }
}

/** Joins parts of a path, whether or not they begin or end with slashes; the empty ones count as nothing. */
export function joinPath(...parts: readonly string[]): string {
  const steps = parts.flatMap((part) => part.split('/')).filter((step) => step !== '');
  return `/${steps.join('/')}`;
}
