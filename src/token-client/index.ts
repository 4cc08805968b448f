export { Clock, SystemClock } from '../clock.js';
export type { AxiosLike } from './bearer-axios.js';
export type { GrpcInterceptor } from './bearer-grpc.js';
export type { UndiciInterceptor } from './bearer-undici.js';
export { TokenClient } from './token-client.js';
export type { AsyncOptions } from '../registration/async-options.js';
export type { RegistrationScope } from '../registration/registration-scope.js';
export {
  type TokenClientAsyncOptions,
  TokenClientModule,
  type TokenClientOptionsFactory,
} from './token-client.module.js';
export type {
  AssertionAlgorithm,
  ClientSecretMethod,
  TargetFields,
  TokenClientOptions,
  TokenTarget,
} from './token-client-options.js';
export { TokenUnavailableError } from './token-unavailable-error.js';
