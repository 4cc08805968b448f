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

/** What Nest would hand to a parameter with this decorator. */
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
keepClaims(request, VALID_CLAIMS);

describe('@CurrentToken()', () => {
  it.each([
    ['of HTTP', [request, {}], 'http'],
    ['of GraphQL', [undefined, { id: 1 }, { req: request }, {}], 'graphql'],
    ['of a message', ['data', request], 'rpc'],
  ] as const)('gives the claims in a handler %s', (_name, handlerArguments, type) => {
    expect(valueOf(CurrentToken(), executionContext([...handlerArguments], type))).toEqual(VALID_CLAIMS);
  });

  it('gives one claim by its name', () => {
    const context = executionContext([request, {}]);
    expect(valueOf(CurrentToken('sub'), context)).toBe('user-42');
    expect(valueOf(CurrentToken('nothing'), context)).toBeUndefined();
    expect(valueOf(CurrentToken('constructor'), context)).toBeUndefined();
  });

  it('returns undefined if there was no token', () => {
    const context = executionContext([{ claims: VALID_CLAIMS }, null, 'x', { req: 'y' }]);
    expect(valueOf(CurrentToken(), context)).toBeUndefined();
    expect(valueOf(CurrentToken('sub'), context)).toBeUndefined();
  });
});
