import { BearerAttempts } from './bearer-attempts.js';
import { BearerCall, type GrpcCall } from './grpc-call.js';
import type { RenewedToken } from './renewed-token.js';

/**
 * An interceptor for the option `interceptors` of a client or a call of `@grpc/grpc-js` 1. `Result` is what
 * its type requires; the returned call has all methods of that class.
 */
export type GrpcInterceptor = <Options extends object, Call, Result extends Call>(
  options: Options,
  nextCall: (options: Options) => Call,
) => Result;

/** The options of a call. */
interface CallOptions {
  readonly method_definition?: { readonly requestStream?: boolean };
}

/**
 * Makes an interceptor that sends a token as the metadata `authorization`.
 *
 * @param tokenOf returns the token to send; called for each call
 */
export function bearerGrpc(tokenOf: () => RenewedToken): GrpcInterceptor {
  return <Options extends object, Call, Result extends Call>(
    options: Options,
    nextCall: (options: Options) => Call,
  ): Result => {
    const { method_definition: method } = options as CallOptions;
    const next = (): GrpcCall => nextCall(options) as GrpcCall;
    const call: unknown = new BearerCall(
      new BearerAttempts(tokenOf()),
      next,
      method?.requestStream === false,
    );
    return call as Result;
  };
}
