import { randomUUID } from 'node:crypto';
import type { InjectionToken, Provider } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { injects, type RegisteredModule, suppliersOf } from './dependencies.js';

/** A registration that a module reaches. */
interface Reached {
  readonly registration: RegisteredModule;
  /** Whether it is reached because it is global, or because a global module exports it. */
  readonly isGlobal: boolean;
}

/**
 * The registrations of one dynamic module in an application. If a module reached several, the order of its
 * imports would decide which of them it gets.
 */
export class Registrations {
  /** Shared by all copies of this package in a process. */
  private readonly id: symbol;
  private readonly name: symbol;

  /** @param moduleName the name of the dynamic module, for errors */
  constructor(private readonly moduleName: string) {
    this.id = Symbol.for(`identity-backend/${moduleName}`);
    this.name = Symbol.for(`identity-backend/${moduleName}/name`);
  }

  /**
   * Makes the providers that distinguish a registration. Nest 10, and later versions with
   * `moduleIdGeneratorAlgorithm: 'deep-hash'`, treat two modules as one if their providers are equal when
   * serialized, as those of two factories are.
   *
   * @param token of the provider that knows the name
   * @param nameOf returns the name of the registration, for errors
   */
  providers<T>(token: InjectionToken<T>, nameOf: (provider: T) => string): Provider[] {
    return [
      { provide: this.id, useValue: randomUUID() },
      // The name is read only for an error: what a test puts in place of the provider may have none.
      { provide: this.name, inject: [token], useFactory: (provider: T) => () => nameOf(provider) },
    ];
  }

  /**
   * Checks that each module gets the same registration, whatever the order of imports.
   *
   * @throws {Error} that names the module, if it reaches several, and the registrations
   */
  check(modules: ModulesContainer): void {
    const all = [...modules.values()].filter(({ providers }) => providers.has(this.id));
    const global = distinct(
      all.filter(({ isGlobal }) => isGlobal),
      this.id,
    );
    if (global.length > 1) {
      throw new Error(
        `${this.moduleName}: two registrations are global, ${this.namesOf(global)}; register them with global: false, and import each in the modules that use it`,
      );
    }
    const provided = new Set<unknown>(all.flatMap(({ exports }) => [...exports]));
    for (const module of modules.values()) {
      // A provider of the module itself takes precedence over those of its imports.
      const tokens = new Set([...provided].filter((token) => !module.providers.has(token as InjectionToken)));
      if (!module.providers.has(this.id) && injects(module, tokens)) this.checkModule(module);
    }
  }

  private checkModule(module: RegisteredModule): void {
    const reached = this.reachedFrom(module);
    const [imported, global] = [false, true].map((isGlobal) =>
      distinct(
        reached.filter((each) => each.isGlobal === isGlobal).map(({ registration }) => registration),
        this.id,
      ),
    ) as [RegisteredModule[], RegisteredModule[]];
    const candidates = imported.length > 0 ? imported : global;
    // Nest takes the first one; a module that also imports the global one before its own would get that.
    const first = reached[0]?.registration;
    const isFirst = candidates.length === 0 || candidates.some((each) => each === first);
    const isDecided = candidates.length <= 1 && isFirst;
    if (isDecided && this.getsOnly(module, candidates)) return;
    const names = this.namesOf(candidates.length > 1 ? candidates : [...global, ...imported]);
    throw new Error(
      `${this.moduleName}: ${module.name} reaches several registrations, ${names}, and ` +
        (isDecided
          ? 'this version of Nest prefers the global one to the imported one; register it with global: false'
          : 'the order of imports would decide between them; import one'),
    );
  }

  /** Whether Nest has injected nothing of other registrations into a module. */
  private getsOnly(module: RegisteredModule, expected: readonly RegisteredModule[]): boolean {
    const suppliers = suppliersOf(module).filter(({ providers }) => providers.has(this.id));
    const others = distinct([...expected, ...suppliers], this.id);
    return others.length <= expected.length;
  }

  /** The registrations that Nest finds for a module, in the order in which it searches. */
  private reachedFrom(
    module: RegisteredModule,
    isGlobal = false,
    isTraversing = false,
    visited = new Set<RegisteredModule>(),
  ): readonly Reached[] {
    const found: Reached[] = [];
    for (const imported of module.imports) {
      const { metatype } = imported;
      if (visited.has(imported) || (isTraversing && !module.exports.has(metatype))) continue;
      visited.add(imported);
      const isReachedGlobally = isGlobal || imported.isGlobal;
      if (imported.providers.has(this.id)) {
        found.push({ registration: imported, isGlobal: isReachedGlobally });
      } else {
        found.push(...this.reachedFrom(imported, isReachedGlobally, true, visited));
      }
    }
    return found;
  }

  private namesOf(registrations: readonly RegisteredModule[]): string {
    return registrations
      .map(({ providers }) => (providers.get(this.name)?.instance as () => string)())
      .toSorted()
      .join(' and ');
  }
}

/** One registration object that several modules import is one registration. */
function distinct(modules: readonly RegisteredModule[], id: symbol): RegisteredModule[] {
  const byId = new Map(modules.map((module) => [module.providers.get(id)?.instance, module]));
  return [...byId.values()];
}
