import {
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  ForbiddenException,
  type INestApplication,
  RequestMethod,
  type Type,
} from '@nestjs/common';
import {
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  HEADERS_METADATA,
  HTTP_CODE_METADATA,
  INTERCEPTORS_METADATA,
  METHOD_METADATA,
  PATH_METADATA,
  PIPES_METADATA,
  ROUTE_ARGS_METADATA,
} from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { andThen } from '../concurrency/maybe-promise.js';
import { BodyPipe } from './body.pipe.js';
import { DIRECT_ROUTE } from './direct-route.decorator.js';

const REQUEST: number = RouteParamtypes.REQUEST;
const RESPONSE: number = RouteParamtypes.RESPONSE;
const BODY: number = RouteParamtypes.BODY;

type Callback = (this: unknown, ...values: unknown[]) => unknown;
type Argument = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** A parameter of a method, as Nest's decorators describe it. */
interface Parameter {
  readonly index: number;
  readonly data: unknown;
  readonly pipes: readonly unknown[];
}

/** A method that is a direct route, and what stands around it. */
interface Route {
  readonly controller: object;
  readonly callback: Callback;
  readonly guards: readonly CanActivate[];
  readonly parameters: readonly Argument[];
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/**
 * Puts one function in the place of Nest's own handler of each {@link DirectRoute}: it asks the guards, reads the body by
 * its pipe and calls the method of the controller, as Nest does, but with none of the promises between that Nest awaits
 * where there may be interceptors. To be called before the routes are made, once the controllers are.
 *
 * @param filter answers for what a guard, a pipe or a method throws
 * @throws {Error} where a direct route has something around it that would be passed over
 */
export function useDirectRoutes(
  fastify: FastifyInstance,
  app: INestApplication,
  { basePath, filter }: { readonly basePath: string; readonly filter: ExceptionFilter },
): void {
  const handlers = new Map<string, RouteHandlerMethod>();
  for (const { injectables, controllers } of app.get(ModulesContainer).values()) {
    for (const { instance, metatype } of controllers.values()) {
      const guardOf = (guard: Type): CanActivate => injectables.get(guard)?.instance as CanActivate;
      for (const [address, route] of directRoutesOf(instance, metatype as Type, guardOf)) {
        handlers.set(address, handlerOf(route, filter));
      }
    }
  }
  fastify.addHook('onRoute', (route) => {
    const handler = route.url.startsWith(basePath)
      ? handlers.get(`${String(route.method)} ${route.url.slice(basePath.length)}`)
      : undefined;
    if (handler) route.handler = handler;
  });
}

function directRoutesOf(
  controller: object,
  type: Type,
  guardOf: (guard: Type) => CanActivate,
): (readonly [address: string, route: Route])[] {
  const prototype = type.prototype as Record<string, Callback>;
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const callback = prototype[name];
    if (!callback || !Reflect.hasMetadata(DIRECT_ROUTE, callback)) return [];
    for (const metadata of [INTERCEPTORS_METADATA, EXCEPTION_FILTERS_METADATA, PIPES_METADATA]) {
      if (Reflect.hasMetadata(metadata, type) || Reflect.hasMetadata(metadata, callback)) {
        throw new Error(`${type.name}.${name} cannot be a direct route: it has ${metadata}`);
      }
    }
    const guards = [type, callback].flatMap((each) => read<Type[]>(GUARDS_METADATA, each) ?? []);
    const headers = read<{ name: string; value: string }[]>(HEADERS_METADATA, callback) ?? [];
    const method = RequestMethod[read<RequestMethod>(METHOD_METADATA, callback) ?? RequestMethod.GET];
    const route: Route = {
      controller,
      callback,
      guards: guards.map(guardOf),
      parameters: parametersOf(type, name),
      status: read<number>(HTTP_CODE_METADATA, callback) ?? (method === 'POST' ? 201 : 200),
      headers: headers.map(({ name: header, value }) => [header, value]),
    };
    return [[`${method} ${addressOf(type, callback)}`, route] as const];
  });
}

/** The path of a handler under the base path, as Nest gives it to Fastify. */
export function addressOf(controller: Type, handler: object): string {
  const path = [controller, handler].map((each) => read<string>(PATH_METADATA, each) ?? '').map(trimmed);
  return path.join('');
}

const read = <T>(key: string, target: object): T | undefined =>
  Reflect.getMetadata(key, target) as T | undefined;

/** With a slash before it and none behind. */
const trimmed = (path: string): string =>
  path.replace(/^\/*(.*?)\/*$/, (_all, inner: string) => inner && `/${inner}`);

function parametersOf(type: Type, name: string): Argument[] {
  const described = Reflect.getMetadata(ROUTE_ARGS_METADATA, type, name) as
    Record<string, Parameter> | undefined;
  const parameters: Argument[] = [];
  for (const [key, parameter] of Object.entries(described ?? {})) {
    parameters[parameter.index] = argumentOf(Number.parseInt(key), parameter, `${type.name}.${name}`);
  }
  return parameters;
}

function argumentOf(kind: number, { data, pipes }: Parameter, route: string): Argument {
  const [pipe, ...others] = pipes;
  if (data === undefined && others.length === 0) {
    if (kind === REQUEST && !pipe) return (request) => request;
    if (kind === RESPONSE && !pipe) return (_request, reply) => reply;
    if (kind === BODY && !pipe) return ({ body }) => body;
    if (kind === BODY && pipe instanceof BodyPipe) return ({ body }): unknown => pipe.transform(body);
  }
  throw new Error(`${route} cannot be a direct route: it has a parameter that is not known here`);
}

function handlerOf(route: Route, filter: ExceptionFilter): RouteHandlerMethod {
  const { controller, callback, guards, parameters, status, headers } = route;
  const call = ({ request, reply }: DirectContext): unknown => {
    reply.code(status);
    for (const [name, value] of headers) void reply.header(name, value);
    const values = parameters.map((argument) => argument(request, reply));
    return callback.apply(controller, values);
  };
  const run = guards.reduceRight(guarded, call);
  return (request, reply) => {
    const context = new DirectContext(request, reply, route);
    const fail = (cause: unknown): void => void filter.catch(cause, context);
    const answer = (value: unknown): void => void reply.send(value);
    try {
      const outcome = run(context);
      if (outcome instanceof Promise) outcome.then(answer).catch(fail);
      else answer(outcome);
    } catch (cause) {
      fail(cause);
    }
  };
}

type Step = (context: DirectContext) => unknown;

/** Asks a guard before the next step; a promise only where the guard gives one. */
function guarded(next: Step, guard: CanActivate): Step {
  const go = (admits: unknown, context: DirectContext): unknown => {
    if (admits !== true) throw new ForbiddenException();
    return next(context);
  };
  return (context) => {
    const admits = guard.canActivate(context);
    return andThen<unknown, unknown>(admits, (value) => go(value, context));
  };
}

/** What guards and filters are told of a request. */
class DirectContext implements ExecutionContext {
  constructor(
    readonly request: FastifyRequest,
    readonly reply: FastifyReply,
    private readonly route: Route,
  ) {}

  getClass<T>(): Type<T> {
    return this.route.controller.constructor as Type<T>;
  }

  getHandler(): Callback {
    return this.route.callback;
  }

  getType<T extends string>(): T {
    return 'http' as T;
  }

  getArgs<T extends unknown[]>(): T {
    return [this.request, this.reply] as unknown as T;
  }

  getArgByIndex<T>(index: number): T {
    return this.getArgs()[index] as T;
  }

  switchToHttp(): ReturnType<ArgumentsHost['switchToHttp']> {
    return this;
  }

  switchToRpc(): never {
    throw new TypeError('This is an HTTP request');
  }

  switchToWs(): never {
    throw new TypeError('This is an HTTP request');
  }

  getRequest<T>(): T {
    return this.request as T;
  }

  getResponse<T>(): T {
    return this.reply as T;
  }

  getNext(): never {
    throw new TypeError('A direct route has no next handler');
  }
}
