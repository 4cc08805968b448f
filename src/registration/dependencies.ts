import 'reflect-metadata';
import type { ModulesContainer } from '@nestjs/core';

/** A module as Nest keeps it. */
export type RegisteredModule = ModulesContainer extends Map<string, infer Registered> ? Registered : never;

/** Whether a provider, controller or enhancer of a module is made with one of these. */
export function injects(
  { providers, controllers, injectables }: RegisteredModule,
  tokens: ReadonlySet<unknown>,
): boolean {
  return [providers, controllers, injectables].some((wrappers) =>
    [...wrappers.values()].some((wrapper) => dependenciesOf(wrapper).some((each) => tokens.has(each))),
  );
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
    ...listed<{ readonly param: unknown }>('self:paramtypes').map(({ param }) => param),
    ...listed<{ readonly type: unknown }>('self:properties_metadata').map(({ type }) => type),
  ];
}

/** A dependency of a factory in the form `{ token, optional }`. */
function isOptional(dependency: unknown): dependency is { readonly token: unknown } {
  return typeof dependency === 'object' && dependency !== null && 'token' in dependency;
}
