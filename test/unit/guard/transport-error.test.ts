import { type ExecutionContext, HttpException } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import { WsException } from '@nestjs/websockets';
import { describe, expect, it } from '@jest/globals';
import { loadTransport, transportError } from '../../../src/guard/transport-error.js';
import { executionContext } from '../../support/execution-context.js';

const BODY = { error: 'A text', code: 'a_code', hint: 'Do this.' };
/** As the metadata of a gRPC call. */
const metadata = { toHttp2Headers: () => ({}) };
const statusOf = (status: number): HttpException => new HttpException(BODY, status);

const thrownFor = async (context: ExecutionContext, status: number): Promise<Error> => {
  await loadTransport(context.getType());
  return transportError(context, statusOf(status));
};

describe('transportError', () => {
  it.each(['http', 'telegram', 'constructor'])('returns the error itself: %s', (type) => {
    const error = statusOf(401);
    expect(loadTransport(type)).toBeUndefined();
    expect(transportError(executionContext([], type as 'http'), error)).toBe(error);
    expect(error).not.toHaveProperty('extensions');
  });

  it.each([
    [400, 'BAD_REQUEST'],
    [401, 'UNAUTHENTICATED'],
    [403, 'FORBIDDEN'],
    [500, 'INTERNAL_SERVER_ERROR'],
    [503, 'SERVICE_UNAVAILABLE'],
  ])('has the code of GraphQL for %i', async (status, code) => {
    const error = await thrownFor(executionContext([], 'graphql'), status);
    expect(error).toBeInstanceOf(HttpException);
    expect(error).toHaveProperty('extensions', { code, reason: 'a_code', hint: 'Do this.' });
  });

  it.each([
    [400, 3],
    [401, 16],
    [403, 7],
    [500, 13],
    [503, 14],
  ])('has the status of gRPC for %i', async (status, code) => {
    const error = await thrownFor(executionContext([{}, metadata], 'rpc'), status);
    expect(error).toBeInstanceOf(RpcException);
    expect((error as RpcException).getError()).toEqual({ code, message: 'A text (a_code): Do this.' });
  });

  it.each([['a text'], [null], [undefined], [7], [{ toHttp2Headers: 'no function' }]])(
    'takes a message for no gRPC call: %j',
    async (payload) => {
      const error = await thrownFor(executionContext([payload, {}], 'rpc'), 401);
      expect((error as RpcException).getError()).toEqual({ status: 401, message: 'A text', ...BODY });
    },
  );

  it('is an exception of WebSockets', async () => {
    const error = await thrownFor(executionContext([{}, {}], 'ws'), 403);
    expect(error).toBeInstanceOf(WsException);
    expect((error as WsException).getError()).toEqual({ status: 403, message: 'A text', ...BODY });
  });

  it('loads a package once', async () => {
    await loadTransport('rpc');
    expect(loadTransport('rpc')).toBeUndefined();
  });
});
