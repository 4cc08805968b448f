import { type ExecutionContext, Logger } from '@nestjs/common';
import { reasonOf } from '../encoding/redact-secrets.js';
import type { Claims } from '../jwt/claims.js';
import type { BearerRefusal } from './bearer-refusal.js';
import type { GuardHooks, GuardOutcome } from './guard-events.js';
import { handlerName } from './handler-name.js';

/**
 * Reports the decisions of a guard to the log and to the application. A function of the application that
 * throws changes no decision; the first error of each is logged.
 */
export class GuardReport {
  private readonly log = new Logger('IdentityAuth');
  private readonly failed = new Set<keyof GuardHooks>();

  constructor(private readonly hooks: GuardHooks) {}

  accepted(context: ExecutionContext, claims: Claims): void {
    const { onAccepted } = this.hooks;
    if (onAccepted) this.call('onAccepted', () => onAccepted({ context, claims }));
    this.count(context, 'accepted');
  }

  /**
   * Logs the refusal of a message, which may be seen only here. Over HTTP the caller sees it, and the access
   * log has its status.
   */
  refused(context: ExecutionContext, refusal: BearerRefusal): void {
    const { error, code } = refusal.body;
    const transport = context.getType<string>();
    if (transport !== 'http') {
      this.log.warn(`${handlerName(context)} refused a request (${transport}): ${error} (${code})`);
    }
    const { onRefused } = this.hooks;
    if (onRefused) this.call('onRefused', () => onRefused({ context, refusal }));
    this.count(context, code);
  }

  private count(context: ExecutionContext, code: GuardOutcome['code']): void {
    const { onOutcome } = this.hooks;
    if (onOutcome) this.call('onOutcome', () => onOutcome({ code, transport: context.getType<string>() }));
  }

  private call(name: keyof GuardHooks, act: () => unknown): void {
    try {
      const result = act();
      if (result instanceof Promise) result.catch((cause: unknown) => this.reportFailure(name, cause));
    } catch (cause) {
      this.reportFailure(name, cause);
    }
  }

  private reportFailure(name: keyof GuardHooks, cause: unknown): void {
    if (this.failed.has(name)) return;
    this.failed.add(name);
    this.log.error(`${name} failed: ${reasonOf(cause)}`);
  }
}
