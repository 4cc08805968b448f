import type { Type } from '@nestjs/common';
import type { plainToInstance } from 'class-transformer';
import type { getMetadataStorage, validate } from 'class-validator';
import type { Claims } from '../jwt/claims.js';

/** What is used of `class-validator` and `class-transformer`. */
interface Packages {
  readonly validator: {
    readonly validate: typeof validate;
    readonly getMetadataStorage: typeof getMetadataStorage;
  };
  readonly transformer: { readonly plainToInstance: typeof plainToInstance };
}

/**
 * Checks claims by a class whose properties have decorators of `class-validator`. The packages are the
 * application's, which decorated the class with them; a service without such a class need not have them.
 */
export class ClassRule {
  private loading: Promise<Packages> | undefined;

  private readonly withoutDefaults: Type<object>;

  constructor(private readonly type: Type<object>) {
    this.withoutDefaults = withoutDefaults(type);
  }

  readonly prepare = async (): Promise<void> => {
    const { validator } = await this.load();
    const found = validator.getMetadataStorage().getTargetValidationMetadatas(this.type, '', false, false);
    if (found.length > 0) return;
    throw new TypeError(
      `IdentityAuthModule: check is the class ${this.type.name}, which has no decorators of class-validator`,
    );
  };

  readonly refused = async (claims: Claims): Promise<readonly string[] | undefined> => {
    const { validator, transformer } = await this.load();
    const instance = transformer.plainToInstance(this.withoutDefaults, claims);
    dropNestedDefaults(instance, claims);
    const errors = await validator.validate(instance, { forbidUnknownValues: true });
    return errors.length === 0 ? undefined : errors.map(({ property }) => property).filter(Boolean);
  };

  private load(): Promise<Packages> {
    return (this.loading ??= loadPackages());
  }
}

async function loadPackages(): Promise<Packages> {
  const [validator, transformer] = await Promise.all([
    required('class-validator', () => import('class-validator')),
    required('class-transformer', () => import('class-transformer')),
  ]);
  return { validator, transformer };
}

async function required<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch {
    throw new Error(`IdentityAuthModule: with a class as check, the package ${name} must be installed`);
  }
}

/** The class without initial values of its properties: they would pass for claims. */
function withoutDefaults(type: Type<object>): Type<object> {
  return class extends type {
    constructor() {
      super();
      for (const name of Object.keys(this)) Reflect.deleteProperty(this, name);
    }
  };
}

/** Removes the initial values of nested classes, of which the transformer makes the instances. */
function dropNestedDefaults(instance: object, signed: object): void {
  for (const name of Object.keys(instance)) {
    const value: unknown = Reflect.get(instance, name);
    const claim: unknown = Object.hasOwn(signed, name) ? Reflect.get(signed, name) : undefined;
    if (!isObject(value) || !isObject(claim)) continue;
    for (const nested of Object.keys(value)) {
      if (!Object.hasOwn(claim, nested)) Reflect.deleteProperty(value, nested);
    }
    dropNestedDefaults(value, claim);
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
