import type { ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { describe, expect, it } from '@jest/globals';
import { keepClaims } from '../../../src/guard/accepted-claims.js';
import { CurrentToken } from '../../../src/guard/current-token.decorator.js';
import { executionContext } from '../../support/execution-context.js';
import { VALID_CLAIMS } from '../../support/hand-made-token.js';

interface Parameter {
  readonly factory: (data: unknown, context: ExecutionContext) => unknown;
  readonly data: unknown;
}

/** The value that Nest would pass to a parameter with this decorator. */
function valueOf(decorator: ParameterDecorator, context: ExecutionContext): unknown {
  class Controller {
    handle(): void {}
  }
  decorator(Controller.prototype, 'handle', 0);
  const parameters = Reflect.getMetadata(ROUTE_ARGS_METADATA, Controller, 'handle') as Record<
    string,
    Parameter
  >;
  const [{ factory, data } = { factory: () => undefined, data: undefined }] = Object.values(parameters);
  return factory(data, context);
}

const request = {};
keepClaims(request, VALID_CLAIMS, () => undefined);

describe('@CurrentToken()', () => {
  it.each([
    ['for HTTP', [request, {}], 'http'],
    ['for GraphQL', [undefined, { id: 1 }, { req: request }, {}], 'graphql'],
    ['for messages', ['data', request], 'rpc'],
  ] as const)('injects the claims into a handler %s', (_name, handlerArguments, type) => {
    expect(valueOf(CurrentToken(), executionContext([...handlerArguments], type))).toEqual(VALID_CLAIMS);
  });

  it('injects one claim by its name', () => {
    const context = executionContext([request, {}]);
    expect(valueOf(CurrentToken('sub'), context)).toBe('user-42');
    expect(valueOf(CurrentToken('nothing'), context)).toBeUndefined();
    expect(valueOf(CurrentToken('constructor'), context)).toBeUndefined();
  });

  it('injects undefined if there was no token', () => {
    const context = executionContext([{ claims: VALID_CLAIMS }, null, 'x', { req: 'y' }]);
    expect(valueOf(CurrentToken(), context)).toBeUndefined();
    expect(valueOf(CurrentToken('sub'), context)).toBeUndefined();
  });
});
