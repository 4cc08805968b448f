import 'reflect-metadata';
import type { ExecutionContext, Type } from '@nestjs/common';
import type { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { contradictionAt, hasRequirements, type Requirements, requirementsOf } from './requirements.js';

/** Keys of the metadata of Nest, which it does not export. */
const GUARDS = '__guards__';
const MESSAGE_HANDLER = 'microservices:handler_type';

const IS_GUARD = Symbol.for('identity-backend/guard');

/** Marks a class as a guard of this package, also for other copies of it. Its subclasses inherit the mark. */
export function markAsGuard(guard: { readonly prototype: object }): void {
  Object.defineProperty(guard.prototype, IS_GUARD, { value: true });
}

const isGuard = (instance: unknown): boolean =>
  typeof instance === 'object' && instance !== null && IS_GUARD in instance;

const isGuardClass = (token: unknown): boolean =>
  typeof token === 'function' && isGuard((token as { readonly prototype?: unknown }).prototype);

/** A method that Nest may call for a request, and its class. */
interface Handler {
  readonly host: Type;
  readonly method: (...parameters: never[]) => unknown;
}

/** What the decorators and guards of an application say about who gets in. */
export class DeclaredProtection {
  /** Applications that were checked: each module with a protected handler asks for it. */
  private static readonly checked = new WeakSet<ModulesContainer>();
  private static readonly warned = new WeakSet<ModulesContainer>();
  private readonly replaced = new WeakMap<object, WeakMap<object, boolean>>();

  constructor(
    private readonly modules: ModulesContainer,
    private readonly application: ApplicationConfig,
    private readonly server: HttpAdapterHost,
  ) {}

  /**
   * Checks what can be seen before the first request: that decorators at one target do not contradict each
   * other, and that a handler with requirements has some guard. Whether a guard of the application calls
   * `JwtAuthGuard` is not visible.
   *
   * @throws {Error} that names the handlers and says what to do
   */
  check(): void {
    if (DeclaredProtection.checked.has(this.modules)) return;
    const faults = new Set<string>();
    for (const handler of this.handlers()) {
      const fault = this.faultOf(handler);
      if (fault !== undefined) faults.add(fault);
    }
    if (faults.size > 0) throw new Error([...faults].join('; '));
    DeclaredProtection.checked.add(this.modules);
  }

  /**
   * Warns, once for an application, of message handlers of a hybrid application that only a global guard of
   * this package protects: it applies to them with `inheritAppConfig` alone, which is not visible.
   */
  warnOfMessageHandlers(warn: (message: string) => void): void {
    const hasGlobalGuard = this.application.getGlobalGuards().some(isGuard);
    if (!hasGlobalGuard || !this.hasServer || DeclaredProtection.warned.has(this.modules)) return;
    DeclaredProtection.warned.add(this.modules);
    const names = [...this.handlers()]
      .filter((handler) => Reflect.hasMetadata(MESSAGE_HANDLER, handler.method) && !hasOwnGuard(handler))
      .filter((handler) => requirementsAt(handler).access !== 'public')
      .map(nameOf);
    if (names.length === 0) return;
    warn(
      `${names.join(', ')}: JwtAuthGuard is a global guard, which applies to messages only if ` +
        'connectMicroservice() has inheritAppConfig; @UseGuards() always applies',
    );
  }

  /**
   * Whether a guard of this package is declared for a handler and a test has replaced it. The class in the
   * metadata counts: what replaces it is no instance of it, and keeps no claims.
   */
  isGuardReplaced(context: Pick<ExecutionContext, 'getClass' | 'getHandler'>): boolean {
    const [host, method] = [context.getClass(), context.getHandler()];
    const byHost = this.replaced.get(method) ?? new WeakMap<object, boolean>();
    this.replaced.set(method, byHost);
    const isReplaced =
      byHost.get(host) ?? this.findsReplacedGuard({ host, method: method as Handler['method'] });
    byHost.set(host, isReplaced);
    return isReplaced;
  }

  private findsReplacedGuard({ host, method }: Handler): boolean {
    const declared = new Set([...guardsAt(method), ...guardsAt(host)]);
    const global: ReadonlySet<unknown> = new Set(this.application.getGlobalGuards());
    return [...this.modules.values()].some(({ controllers, providers, injectables }) => {
      const isHost = controllers.has(host) || providers.has(host);
      const isReplaced = ([token, { instance }]: [unknown, { readonly instance: unknown }]): boolean =>
        isGuardClass(token) && !isGuard(instance);
      return (
        (isHost && [...injectables].some((entry) => declared.has(entry[0]) && isReplaced(entry))) ||
        [...providers].some((entry) => global.has(entry[1].instance) && isReplaced(entry))
      );
    });
  }

  private *handlers(): Iterable<Handler> {
    for (const { controllers, providers } of this.modules.values()) {
      for (const { metatype, isNotMetatype } of [...controllers.values(), ...providers.values()]) {
        if (isNotMetatype || typeof metatype !== 'function') continue;
        const host = metatype as Type;
        for (const method of methodsOf(host)) yield { host, method };
      }
    }
  }

  private faultOf(handler: Handler): string | undefined {
    const { host, method } = handler;
    const atClass = contradictionAt(host);
    if (atClass !== undefined) return `${host.name}: ${atClass}`;
    const name = nameOf(handler);
    const atMethod = contradictionAt(method);
    if (atMethod !== undefined) return `${name}: ${atMethod}`;
    if (!hasRequirements(host) && !hasRequirements(method)) return undefined;
    if (requirementsAt(handler).access !== 'token' || this.mayHaveGuard(handler)) return undefined;
    return `${name} requires scopes or claims, but has no guard: apply JwtAuthGuard with @UseGuards() or as APP_GUARD`;
  }

  private mayHaveGuard(handler: Handler): boolean {
    const { application } = this;
    // Guards that a hybrid application gives its microservices are not visible here. Without a server, as in a
    // script, nothing but messages can arrive.
    const isForMessages = Reflect.hasMetadata(MESSAGE_HANDLER, handler.method);
    return (
      isForMessages === this.hasServer ||
      hasOwnGuard(handler) ||
      application.getGlobalGuards().length > 0 ||
      application.getGlobalRequestGuards().length > 0
    );
  }

  private get hasServer(): boolean {
    return Boolean(this.server.httpAdapter as object | null);
  }
}

function nameOf({ host, method }: Handler): string {
  return `${host.name}.${method.name}`;
}

function requirementsAt({ host, method }: Handler): Requirements {
  return requirementsOf({ getClass: <T>() => host as Type<T>, getHandler: () => method });
}

function hasOwnGuard({ host, method }: Handler): boolean {
  return guardsAt(method).length > 0 || guardsAt(host).length > 0;
}

function guardsAt(target: object): readonly unknown[] {
  return (Reflect.getMetadata(GUARDS, target) as readonly unknown[] | undefined) ?? [];
}

/** The decorated methods of a class and of those that it extends; others are no handlers. */
function methodsOf(host: Type): readonly Handler['method'][] {
  const methods = new Map<string, unknown>();
  let prototype = host.prototype as object | null;
  while (prototype && prototype !== Object.prototype) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (name !== 'constructor' && !methods.has(name)) methods.set(name, value);
    }
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  const isDecorated = (value: unknown): value is Handler['method'] =>
    typeof value === 'function' && Reflect.getMetadataKeys(value).length > 0;
  return [...methods.values()].filter(isDecorated);
}
