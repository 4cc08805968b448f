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
  const { inject = [], useFactory, useClass, useExisting } = sourcesOf(given);
  if ([useFactory, useClass, useExisting].filter((each) => each !== undefined).length !== 1) {
    throw new TypeError(`${moduleName}: give forRootAsync one of useFactory, useClass and useExisting`);
  }
  if (useFactory) {
    const make = async (...dependencies: unknown[]): Promise<T> => from(await useFactory(...dependencies));
    return [{ provide, inject, useFactory: make }];
  }
  const make = async (factory: Factory): Promise<T> => from(await optionsOf(factory));
  const ofClass = { provide, inject: [useExisting ?? OPTIONS_FACTORY], useFactory: make };
  return useClass ? [{ provide: OPTIONS_FACTORY, useClass }, ofClass] : [ofClass];
}

/** All sources of options; the types allow one, and code without types may give any. */
type Sources<Options, Factory> = Partial<
  Pick<FactoryProvider<Options>, 'inject' | 'useFactory'> & {
    useClass: Type<Factory>;
    useExisting: InjectionToken<Factory>;
  }
>;

function sourcesOf<Options, Factory>(
  given: AsyncOptions<Options, Factory> | undefined,
): Sources<Options, Factory> {
  return given ?? {};
}
