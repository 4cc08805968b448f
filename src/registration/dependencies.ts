import 'reflect-metadata';
import type { ModulesContainer } from '@nestjs/core';

/** A module as Nest keeps it. */
export type RegisteredModule = ModulesContainer extends Map<string, infer Registered> ? Registered : never;

/** Whether a provider, controller or enhancer of a module is made with one of these. */
export function injects(module: RegisteredModule, tokens: ReadonlySet<unknown>): boolean {
  return wrappersOf(module).some((wrapper) => dependenciesOf(wrapper).some((each) => tokens.has(each)));
}

/**
 * The modules whose providers Nest has injected into those of a module. The search of Nest before
 * 11.2 continues after it has found a provider, and takes the last one: what it took is what counts.
 */
export function suppliersOf(module: RegisteredModule): readonly RegisteredModule[] {
  const injected = wrappersOf(module).flatMap((wrapper) => {
    // Nest has neither list if a provider has no such dependencies. A property has one entry for each find.
    const parameters = (wrapper.getCtorMetadata() as Injected[] | undefined) ?? [];
    const properties = (wrapper.getPropertiesMetadata() as InjectedProperty[] | undefined) ?? [];
    return [...parameters, ...new Map(properties.map((each) => [each.key, each.wrapper])).values()];
  });
  return injected.flatMap((wrapper) => wrapper?.host ?? []);
}

/** The providers, controllers and enhancers of a module. */
function wrappersOf({ providers, controllers, injectables }: RegisteredModule) {
  return [providers, controllers, injectables].flatMap((each) => [...each.values()]);
}

/** Undefined if the parameter is none that Nest looks up. */
type Injected = { readonly host?: RegisteredModule } | undefined;

interface InjectedProperty {
  readonly key: unknown;
  readonly wrapper: Injected;
}

/** The injection tokens of a provider: those of a factory, or of a constructor and the properties of a class. */
function dependenciesOf({ inject, metatype }: { inject?: unknown; metatype: unknown }): readonly unknown[] {
  if (Array.isArray(inject)) {
    return inject.map((each: unknown) => (isOptional(each) ? each.token : each));
  }
  if (typeof metatype !== 'function') return [];
  const listed = <T>(key: string): readonly T[] =>
    (Reflect.getMetadata(key, metatype) as readonly T[] | undefined) ?? [];
  return [
    ...listed<unknown>('design:paramtypes'),
    ...listed<{ readonly param: unknown }>('self:paramtypes').map(({ param }) => referenced(param)),
    ...listed<{ readonly type: unknown }>('self:properties_metadata').map(({ type }) => referenced(type)),
  ];
}

/** The token that `forwardRef()` refers to, or the token itself. */
function referenced(token: unknown): unknown {
  return typeof token === 'object' && token !== null && 'forwardRef' in token
    ? (token as { forwardRef: () => unknown }).forwardRef()
    : token;
}

/** A dependency of a factory in the form `{ token, optional }`. */
function isOptional(dependency: unknown): dependency is { readonly token: unknown } {
  return typeof dependency === 'object' && dependency !== null && 'token' in dependency;
}
