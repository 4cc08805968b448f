import { type ExecutionContext, type HttpException, Logger } from '@nestjs/common';
import { reasonOf } from '../encoding/redact-secrets.js';

/** An exception that Nest sends to the caller of a message: `RpcException` or `WsException`. */
type ExceptionClass = new (error: object) => Error;

/**
 * The exceptions of other packages, by the type of context. Nest finds them by `instanceof`, so they must be
 * the application's own classes. Only an application that receives messages has these packages.
 */
const EXCEPTIONS: ReadonlyMap<string, () => Promise<ExceptionClass>> = new Map([
  ['rpc', async (): Promise<ExceptionClass> => (await import('@nestjs/microservices')).RpcException],
  ['ws', async (): Promise<ExceptionClass> => (await import('@nestjs/websockets')).WsException],
]);

const loading = new Map<string, Promise<void>>();
/** `undefined` if the package could not be loaded. */
const loaded = new Map<string, ExceptionClass | undefined>();

/** Loads what {@link transportError} needs for a transport; `undefined` if nothing is to be awaited. */
export function loadTransport(type: string): Promise<void> | undefined {
  const load = EXCEPTIONS.get(type);
  if (!load || loaded.has(type)) return undefined;
  const pending = loading.get(type) ?? keepLoaded(type, load);
  loading.set(type, pending);
  return pending;
}

async function keepLoaded(type: string, load: () => Promise<ExceptionClass>): Promise<void> {
  try {
    loaded.set(type, await load());
  } catch (cause) {
    loaded.set(type, undefined);
    new Logger('IdentityAuth').warn(`Callers (${type}) receive no reason of a refusal: ${reasonOf(cause)}`);
  }
}

/**
 * Makes of an error with an HTTP status and a body what the transport of a request throws. The body has
 * `error`, `code` and maybe `hint`, and nothing from the request.
 *
 * @returns the error itself on HTTP and on unknown transports
 */
export function transportError(context: ExecutionContext, error: HttpException): Error {
  const type = context.getType<string>();
  if (type === 'graphql') return Object.assign(error, { extensions: graphqlExtensions(error) });
  const Exception = loaded.get(type);
  if (!Exception) return error;
  const isGrpcCall = type === 'rpc' && context.getArgs<unknown[]>().some(isGrpcMetadata);
  return new Exception(isGrpcCall ? grpcStatus(error) : message(error));
}

/** The codes that Apollo Server and `@nestjs/apollo` have for a status, by which GraphQL clients decide. */
const GRAPHQL_CODES: ReadonlyMap<number, string> = new Map([
  [400, 'BAD_REQUEST'],
  [401, 'UNAUTHENTICATED'],
  [403, 'FORBIDDEN'],
  [503, 'SERVICE_UNAVAILABLE'],
]);

/** GraphQL.js copies the `extensions` of an error to the response. The error stays an exception of Nest. */
function graphqlExtensions(error: HttpException): object {
  const { code, hint } = bodyOf(error);
  return {
    code: GRAPHQL_CODES.get(error.getStatus()) ?? 'INTERNAL_SERVER_ERROR',
    reason: code,
    ...(hint !== undefined && { hint }),
  };
}

/** What the caller of a message receives. Nest adds the message that it refused, with its token, to text only. */
function message(error: HttpException): object {
  return { status: error.getStatus(), message: bodyOf(error).error, ...bodyOf(error) };
}

/** The status codes of gRPC: INVALID_ARGUMENT, UNAUTHENTICATED, PERMISSION_DENIED, UNAVAILABLE. */
const GRPC_CODES: ReadonlyMap<number, number> = new Map([
  [400, 3],
  [401, 16],
  [403, 7],
  [503, 14],
]);
const GRPC_INTERNAL = 13;

/** A status of gRPC has a code and text, so the text has the code of the refusal, too. */
function grpcStatus(error: HttpException): object {
  const { error: text, code, hint } = bodyOf(error);
  const sentence = hint === undefined ? '' : `: ${hint}`;
  return {
    code: GRPC_CODES.get(error.getStatus()) ?? GRPC_INTERNAL,
    message: `${text} (${code})${sentence}`,
  };
}

interface ErrorBody {
  readonly error: string;
  readonly code: string;
  readonly hint?: string;
}

function bodyOf(error: HttpException): ErrorBody {
  return error.getResponse() as ErrorBody;
}

/** Whether an argument of a handler is the metadata of a gRPC call. A payload from the network has no functions. */
function isGrpcMetadata(argument: unknown): boolean {
  const { toHttp2Headers } = (argument ?? {}) as { readonly toHttp2Headers?: unknown };
  return typeof toHttp2Headers === 'function';
}
