import { types } from 'node:util';

const isInstance = Function.prototype[Symbol.hasInstance];

// Jest runs tests in a realm of its own, where what Node's modules throw is no instance of that realm's Error.
Object.defineProperty(Error, Symbol.hasInstance, {
  value(this: unknown, value: unknown): boolean {
    return isInstance.call(this, value) || (this === Error && types.isNativeError(value));
  },
});
