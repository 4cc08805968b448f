import type { ExecutionContext } from '@nestjs/common';

/** @returns the class and the method that handle a request, for the log */
export function handlerName(context: Pick<ExecutionContext, 'getClass' | 'getHandler'>): string {
  return `${context.getClass().name}.${context.getHandler().name}`;
}
