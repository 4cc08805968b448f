import { Injectable, type ExecutionContext } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { claimsOf } from '../../../src/guard/accepted-claims.js';
import { BearerRefusal } from '../../../src/guard/bearer-refusal.js';
import { JwtAuthGuard } from '../../../src/guard/jwt-auth.guard.js';
import { TokenVerifier } from '../../../src/guard/token-verifier.js';
import { executionContext } from '../../support/execution-context.js';
import { VALID_CLAIMS, handMadeToken } from '../../support/hand-made-token.js';
import { MovedClock } from '../../support/moved-clock.js';
import { SECRET } from '../../support/settings.js';

const verifier = new TokenVerifier({
  issuer: 'identity-backend',
  audience: 'logging-service',
  secrets: [SECRET],
  clock: new MovedClock(),
});

/** As an application with GraphQL defines it. */
@Injectable()
class GraphqlGuard extends JwtAuthGuard {
  protected override getRequest(context: ExecutionContext): object {
    return context.getArgByIndex<{ req: object }>(2).req;
  }
}

/** As an application with messages defines it: the token is in the context of the message. */
@Injectable()
class MessageGuard extends JwtAuthGuard {
  protected override getRequest(context: ExecutionContext): object {
    return context.switchToRpc().getContext<object>();
  }

  protected override tokenOf(request: object): string | undefined {
    return (request as { token?: string }).token;
  }
}

const guard = new JwtAuthGuard(verifier);
const bearing = (token: string): object => ({ headers: { authorization: `Bearer ${token}` } });

function refusalOf(act: () => unknown): BearerRefusal {
  try {
    act();
  } catch (cause) {
    if (cause instanceof BearerRefusal) return cause;
    throw cause;
  }
  throw new Error('The guard accepted the request');
}

describe('JwtAuthGuard', () => {
  it('accepts a valid token synchronously and keeps its claims with the request', () => {
    const request = bearing(handMadeToken());
    expect(guard.canActivate(executionContext([request, {}]))).toBe(true);
    expect(claimsOf(request)).toEqual(VALID_CLAIMS);
  });

  it('keeps no claims of a rejected token', () => {
    const request = bearing(handMadeToken({ claims: { exp: 1, iat: 0 } }));
    refusalOf(() => guard.canActivate(executionContext([request, { header: () => undefined }])));
    expect(claimsOf(request)).toBeUndefined();
  });

  it('sets WWW-Authenticate on the response and the challenge on the exception', () => {
    const headers: Record<string, string> = {};
    const response = { header: (name: string, value: string) => void (headers[name] = value) };
    const refusal = refusalOf(() => guard.canActivate(executionContext([{ headers: {} }, response])));
    expect(headers).toEqual({ 'WWW-Authenticate': 'Bearer realm="logging-service"' });
    expect(refusal).toMatchObject({
      challenge: 'Bearer realm="logging-service"',
      body: { error: 'Missing bearer token', code: 'missing_token' },
    });
    expect([refusal.getStatus(), refusal.name, refusal.message]).toEqual([
      401,
      'BearerRefusal',
      'Missing bearer token',
    ]);
  });

  it('quotes nothing of the request in the challenge for an invalid token', () => {
    const token = handMadeToken({ claims: { iss: '"marker' } });
    const response = { header: () => undefined };
    const { challenge } = refusalOf(() => guard.canActivate(executionContext([bearing(token), response])));
    expect(challenge).toBe(
      'Bearer realm="logging-service", error="invalid_token", error_description="Invalid issuer"',
    );
  });

  it('supports GraphQL if getRequest is overridden', () => {
    const graphql = new GraphqlGuard(verifier);
    const request = bearing(handMadeToken());
    expect(graphql.canActivate(executionContext([{}, {}, { req: request }, {}], 'graphql'))).toBe(true);
    expect(claimsOf(request)).toEqual(VALID_CLAIMS);
    const without = executionContext([{}, {}, { req: {} }, {}], 'graphql');
    expect(refusalOf(() => graphql.canActivate(without)).body.code).toBe('missing_token');
  });

  it('supports messages if getRequest and tokenOf are overridden', async () => {
    const messages = new MessageGuard(verifier);
    const message = { token: handMadeToken() };
    expect(await messages.canActivate(executionContext(['data', message], 'rpc'))).toBe(true);
    expect(claimsOf(message)).toEqual(VALID_CLAIMS);
    const bad = executionContext(['data', { token: 'a.b.c' }], 'rpc');
    await expect(async () => messages.canActivate(bad)).rejects.toMatchObject({
      error: { status: 401, code: 'malformed_token' },
    });
  });

  it('rejects messages with missing_token if getRequest is not overridden, also those that are no object', async () => {
    for (const data of ['data', null, undefined, 1, { headers: 'none' }, {}]) {
      const context = executionContext([data, {}], 'rpc');
      await expect(async () => guard.canActivate(context)).rejects.toMatchObject({
        error: { status: 401, code: 'missing_token' },
      });
    }
  });

  it('throws what toError makes of a refusal', () => {
    class OwnGuard extends JwtAuthGuard {
      protected override toError(_context: ExecutionContext, { body }: BearerRefusal): Error {
        return new RangeError(body.code);
      }
    }
    const context = executionContext([{ headers: {} }, { header: () => undefined }]);
    expect(() => new OwnGuard(verifier).canActivate(context)).toThrow(new RangeError('missing_token'));
  });
});
