import type { ExecutionContext } from '@nestjs/common';
import type { Claims } from '../jwt/claims.js';
import type { BearerRefusal, RefusalBody } from './bearer-refusal.js';

/** A request that the guard has let in because of its token. */
export interface AcceptedEvent {
  readonly context: ExecutionContext;
  readonly claims: Claims;
}

/** A request that the guard has refused. */
export interface RefusedEvent {
  readonly context: ExecutionContext;
  /** Its `body` has the code, the message and the hint; none of them contains the token. */
  readonly refusal: BearerRefusal;
}

/** The outcome of one decision, for metrics: its values are few. */
export interface GuardOutcome {
  readonly code: 'accepted' | RefusalBody['code'];
  /** `http`, `graphql`, `rpc`, `ws`, or another type of context. */
  readonly transport: string;
}

/**
 * Functions of the application that the guard calls, and does not wait for. What they return is ignored, and
 * an error in one changes no decision.
 */
export interface GuardHooks {
  readonly onAccepted?: ((event: AcceptedEvent) => unknown) | undefined;
  readonly onRefused?: ((event: RefusedEvent) => unknown) | undefined;
  readonly onOutcome?: ((outcome: GuardOutcome) => unknown) | undefined;
}
