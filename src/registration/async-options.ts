import type { FactoryProvider, InjectionToken, ModuleMetadata, Provider, Type } from '@nestjs/common';

/**
 * Options from a factory, or from a class with a method that returns them: `useFactory` and the providers
 * that it receives (`inject`), `useClass`, of which an instance is made, or `useExisting`, a provider of the
 * application. `imports` are the modules that export what these inject.
 */
export type AsyncOptions<Options, Factory> = Pick<ModuleMetadata, 'imports'> &
  (
    | Pick<FactoryProvider<Options>, 'inject' | 'useFactory'>
    | { readonly useClass: Type<Factory> }
    | { readonly useExisting: InjectionToken<Factory> }
  );

const OPTIONS_FACTORY = Symbol('OPTIONS_FACTORY');

/**
 * Makes the providers of what is made from asynchronous options.
 *
 * @param given the options of `forRootAsync`
 * @param optionsOf calls the method of the class
 * @param made the provider, and how to make it from the options
 * @throws {TypeError} unless there is one source of options
 */
export function asyncProviders<Options, Factory, T>(
  given: AsyncOptions<Options, Factory>,
  optionsOf: (factory: Factory) => Options | Promise<Options>,
  made: { readonly provide: Type<T>; readonly from: (options: Options) => T; readonly moduleName: string },
): Provider[] {
  const { provide, from, moduleName } = made;
  const sources = ['useFactory', 'useClass', 'useExisting'].filter(
    (name) => (given as Readonly<Record<string, unknown>> | undefined)?.[name] !== undefined,
  );
  if (sources.length !== 1) {
    throw new TypeError(`${moduleName}: give forRootAsync one of useFactory, useClass and useExisting`);
  }
  if ('useFactory' in given) {
    const { inject = [], useFactory } = given;
    const make = async (...dependencies: unknown[]): Promise<T> => from(await useFactory(...dependencies));
    return [{ provide, inject, useFactory: make }];
  }
  const make = async (factory: Factory): Promise<T> => from(await optionsOf(factory));
  if ('useExisting' in given) return [{ provide, inject: [given.useExisting], useFactory: make }];
  return [
    { provide: OPTIONS_FACTORY, useClass: given.useClass },
    { provide, inject: [OPTIONS_FACTORY], useFactory: make },
  ];
}
