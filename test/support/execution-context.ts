import type { ContextType } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';

const handle = (): void => undefined;
class AController {
  readonly handle = handle;
}

/** What Nest passes to a guard for a handler with these arguments. */
export function executionContext(
  handlerArguments: unknown[],
  type: ContextType | 'graphql' = 'http',
): ExecutionContextHost {
  const context = new ExecutionContextHost(handlerArguments, AController, handle);
  context.setType(type);
  return context;
}
