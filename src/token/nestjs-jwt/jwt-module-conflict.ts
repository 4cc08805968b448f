import { type DynamicModule, type ForwardReference, Injectable, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { JwtService } from '@nestjs/jwt';

type NestModule = NonNullable<ReturnType<ModulesContainer['get']>>;
type Import = Type | DynamicModule | ForwardReference<() => Type> | Promise<DynamicModule>;

/**
 * Keeps an application from starting if a module would get `JwtService` from two modules, such as
 * `TokenModule` and `JwtModule`: Nest would inject that of the first import. It also marks the modules that
 * provide the `JwtService` of the key ring.
 */
@Injectable()
export class JwtModuleConflict {
  /** @throws {Error} naming the module */
  constructor(modules: ModulesContainer) {
    for (const module of modules.values()) {
      const sources = sourcesFor(module);
      const other = sources.find((source) => !isOurs(source));
      if (!other || !sources.some(isOurs)) continue;
      throw new Error(
        `${module.name} gets JwtService from both TokenModule and ${other.name}. Remove ${other.name}: ` +
          'TokenModule exports a JwtService, bound to its keys. Name any other key, such as that of refresh tokens, in the ' +
          'options of sign and verify; or import the two into modules of their own.',
      );
    }
  }
}

const isOurs = (module: NestModule): boolean => module.providers.has(JwtModuleConflict);

/**
 * The modules that a provider of this module may get `JwtService` from: global ones only if there is no
 * nearer one.
 */
function sourcesFor(module: NestModule): readonly NestModule[] {
  const declared = declaredImports(module);
  const imports = [...module.imports];
  const near = imports.filter((each) => !each.isGlobal || declared.has(each.metatype)).flatMap(exportersOf);
  if (isOurs(module)) return [module, ...near];
  return near.length > 0 ? near : imports.flatMap(exportersOf);
}

/** The module and those that it exports in turn, so far as they export `JwtService`. */
function exportersOf(module: NestModule): readonly NestModule[] {
  const found = new Set([module]);
  for (const { exports, imports } of found) {
    for (const each of imports) if (exports.has(each.metatype)) found.add(each);
  }
  return [...found].filter(({ exports }) => exports.has(JwtService));
}

/**
 * Nest adds every global module to the imports of every module: only the decorator says which were imported
 * here.
 */
function declaredImports({ metatype }: NestModule): ReadonlySet<unknown> {
  const imports = (Reflect.getMetadata('imports', metatype) ?? []) as readonly Import[];
  return new Set(
    imports.map((each) => {
      if ('module' in each) return each.module;
      return 'forwardRef' in each ? each.forwardRef() : each;
    }),
  );
}
