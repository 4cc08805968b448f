import type { DynamicModule, FactoryProvider, ForwardReference, Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { JwtService } from '@nestjs/jwt';

type NestModule = NonNullable<ReturnType<ModulesContainer['get']>>;
type Import = Type | DynamicModule | ForwardReference<() => Type> | Promise<Type | DynamicModule>;

/** Marks the modules that provide the `JwtService` of the key ring. */
const NO_CONFLICT = Symbol('NO_CONFLICT');

/**
 * Keeps an application from starting if a module would get `JwtService` from two modules, such as
 * `TokenModule` and `JwtModule`: Nest would inject that of the first import. The check is asynchronous
 * because an import may be the promise of a module.
 */
export const jwtModuleConflict: FactoryProvider = {
  provide: NO_CONFLICT,
  inject: [ModulesContainer],
  useFactory: rejectConflict,
};

/** @throws {Error} naming the module */
async function rejectConflict(modules: ModulesContainer): Promise<true> {
  for (const module of modules.values()) {
    const sources = await sourcesFor(module);
    const other = sources.find((source) => !isOurs(source));
    if (!other || !sources.some(isOurs)) continue;
    throw new Error(
      `${module.name} gets JwtService from both TokenModule and ${other.name}. Remove ${other.name}: ` +
        'TokenModule exports a JwtService, bound to its keys. Name any other key, such as that of refresh tokens, in the ' +
        'options of sign and verify; or import the two into modules of their own.',
    );
  }
  return true;
}

const isOurs = (module: NestModule): boolean => module.providers.has(NO_CONFLICT);

/**
 * The modules from which a provider of this module may get `JwtService`; global ones only if there is no
 * nearer one.
 */
async function sourcesFor(module: NestModule): Promise<readonly NestModule[]> {
  const declared = await declaredImports(module);
  const imports = [...module.imports];
  const near = imports.filter((each) => !each.isGlobal || declared.has(each.metatype)).flatMap(exportersOf);
  if (isOurs(module)) return [module, ...near];
  return near.length > 0 ? near : imports.flatMap(exportersOf);
}

/** Of this module and the modules that it re-exports, those that export `JwtService`. */
function exportersOf(module: NestModule): readonly NestModule[] {
  const found = new Set([module]);
  for (const { exports, imports } of found) {
    for (const each of imports) if (exports.has(each.metatype)) found.add(each);
  }
  return [...found].filter(({ exports }) => exports.has(JwtService));
}

/**
 * The modules that a module itself imports. Nest adds every global module to the imports of every module, so
 * only the decorator shows which were imported here.
 */
async function declaredImports({ metatype }: NestModule): Promise<ReadonlySet<unknown>> {
  const declared = new Set<unknown>();
  for (const given of (Reflect.getMetadata('imports', metatype) ?? []) as readonly Import[]) {
    const each = await given;
    if ('module' in each) declared.add(each.module);
    else declared.add('forwardRef' in each ? each.forwardRef() : each);
  }
  return declared;
}
