import type { ClientOptions, Interceptor } from '@grpc/grpc-js';
import { Module } from '@nestjs/common';
import axios, { type AxiosInstance } from 'axios';
import {
  TokenClient,
  TokenClientModule,
  type TokenClientOptions,
  type TokenTarget,
} from 'identity-backend/token-client';
import { Agent, type Dispatcher, interceptors } from 'undici';

const issuerUrl = 'https://identity.example';

export const options: readonly TokenClientOptions[] = [
  { issuerUrl },
  { issuerUrl, clientId: 'careergpt', clientSecret: 'a-secret', subject: undefined, random: () => 0.5 },
  { issuerUrl, discover: true, clientId: 'careergpt', privateKey: { kty: 'EC' }, algorithm: 'ES256' },
  { issuerUrl, tokenEndpoint: issuerUrl, clientAuthentication: 'client_secret_post' },
  // @ts-expect-error A shared secret signs no assertion.
  { issuerUrl, clientId: 'careergpt', privateKey: 'a-key', algorithm: 'HS256' },
  // @ts-expect-error A private key has its own option.
  { issuerUrl, clientAuthentication: 'private_key_jwt' },
  // @ts-expect-error The URL of the issuer is required.
  { clientId: 'careergpt' },
  // @ts-expect-error A client ID is a string.
  { issuerUrl, clientId: 42 },
  // @ts-expect-error The option has another name.
  { issuerUrl, secret: 'a-secret' },
];

export const targets: readonly TokenTarget[] = [
  { audience: 'logging-service' },
  { audience: 'logging-service', scope: undefined },
  { audience: 'logging-service', subject: 'user-42', claims: { team: ['a'] }, expiresIn: 60 },
  { resource: 'https://logs.example' },
  { resource: ['https://logs.example', 'https://bills.example'], scope: 'logs:write' },
  { scope: 'logs:write' },
  // @ts-expect-error An audience, a resource or a scope is required.
  { subject: 'user-42' },
  // @ts-expect-error A lifetime is a number of seconds.
  { audience: 'logging-service', expiresIn: '60' },
  // @ts-expect-error A token has one audience.
  { audience: ['one', 'two'] },
];

@Module({
  imports: [
    TokenClientModule.forRoot({ issuerUrl }),
    TokenClientModule.forRootAsync({ inject: ['URL'], useFactory: (url: string) => ({ issuerUrl: url }) }),
  ],
})
export class ClientModule {}

/** `fetchWith` returns a replacement for the global `fetch`. */
export async function call(client: TokenClient): Promise<string> {
  const token: string = await client.getToken({ audience: 'logging-service' });
  const response: Response = await client.fetchWith({ audience: 'logging-service' })(issuerUrl, {
    method: 'POST',
  });
  return token + (await response.text());
}

/** The senders fit the types of the libraries, which this package does not import. */
export function senders(client: TokenClient): readonly [AxiosInstance, Dispatcher, ClientOptions] {
  const target = { audience: 'logging-service' };
  const interceptor: Interceptor = client.grpcInterceptor(target);
  const sender: Dispatcher.DispatcherComposeInterceptor = client.undiciInterceptor(target);
  // @ts-expect-error An instance of axios has interceptors.
  client.useWithAxios({ create: () => undefined }, target);
  return [
    client.useWithAxios(axios.create({ baseURL: issuerUrl }), target),
    new Agent().compose(interceptors.redirect(), sender),
    { interceptors: [interceptor] },
  ];
}
