import { Inject, Injectable } from '@nestjs/common';
import { acceptsFederated, type Client, JWT_BEARER } from '../clients/client.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { matchesSubject } from '../clients/federated-credential.js';
import { Clock } from '../clock.js';
import { ISSUERS_SETTINGS, type IssuersSettings } from '../config/namespaces.js';
import { parsePointer, valueAt } from '../encoding/json-pointer.js';
import { assertedUser } from './asserted-user.js';
import { IssuerKeys } from './issuer-keys.js';
import { type CheckName, CHECKS, failed, type FailedCheck, type VerifiedToken } from './outside-token.js';
import { type OutsideTokenOutcome, OutsideTokens } from './outside-tokens.js';
import type { IssuerUse, TrustedIssuer } from './trusted-issuer.js';
import { workloadClient } from './workload-client.js';

/** How many clients that almost match are described. */
const MAX_DESCRIBED = 5;

/** The result of one check. */
export interface CheckResult {
  readonly name: CheckName;
  /** `null` if an earlier check failed. */
  readonly ok: boolean | null;
  readonly expected?: unknown;
  readonly got?: unknown;
}

/** Why a token is accepted or not. */
export interface TokenInspection {
  readonly accepted: boolean;
  /** The ID of the entry that the token names, or null. */
  readonly issuer: string | null;
  readonly checks: readonly CheckResult[];
  /** The client that the token identifies, or null. */
  readonly clientId: string | null;
}

/** The client that the token identifies, or null if several may present it. */
type RulesOutcome = { readonly code: 'accepted'; readonly value: string | null } | FailedCheck;

/** Explains to administrators why a token is accepted or not. Issues nothing and uses up nothing. */
@Injectable()
export class TokenInspector {
  constructor(
    private readonly outside: OutsideTokens,
    private readonly keys: IssuerKeys,
    private readonly clients: ClientRegistry,
    private readonly clock: Clock,
    @Inject(ISSUERS_SETTINGS)
    private readonly settings: Pick<IssuersSettings, 'issuer' | 'maxDelegationDepth'>,
  ) {}

  /**
   * @param text a compact JWS, as received
   * @throws {StoreUnavailable} if the store cannot say whether the token was used before
   */
  async inspect(text: string, use: IssuerUse): Promise<TokenInspection> {
    const token = this.outside.read(text);
    const outcome = await this.outside.inspect(token, use, (verified) => this.rulesOf(verified));
    const failure = this.failureOf(outcome, token.entry);
    return {
      accepted: failure === undefined,
      issuer: token.entry?.id ?? null,
      checks: results(failure),
      clientId: outcome.code === 'accepted' ? outcome.value : null,
    };
  }

  private rulesOf(token: VerifiedToken): RulesOutcome {
    switch (token.use) {
      case 'client_authentication':
        return this.rulesOfWorkloads(token);
      case 'jwt_bearer':
        return this.rulesOfUsers(token);
      case 'token_exchange':
        return { code: 'accepted', value: null };
    }
  }

  private rulesOfWorkloads(token: VerifiedToken): RulesOutcome {
    const found = workloadClient(this.clients, token, undefined);
    if (found.code === 'refused') return this.explained(found, token);
    const { id, tokenEndpointAuthMethods: methods } = found.value;
    return acceptsFederated(found.value)
      ? { code: 'accepted', value: id }
      : failed(
          'rules',
          'federated among token_endpoint_auth_methods, or workload_grant with the jwt-bearer grant',
          { client_id: id, token_endpoint_auth_methods: methods },
        );
  }

  /** A client that the token does not name presents it, so it is accepted if any may. */
  private rulesOfUsers(token: VerifiedToken): RulesOutcome {
    const clients = this.all.filter(
      ({ disabled, jwtBearer, grantTypes }) =>
        !disabled && jwtBearer?.issuers.includes(token.entry.id) && grantTypes.includes(JWT_BEARER),
    );
    const rules = { ...this.settings, now: this.clock.now() / 1000 };
    const decisions = clients.map((client) => ({ client, decision: assertedUser(token, client, rules) }));
    const accepting = decisions.filter(({ decision }) => decision.code === 'accepted');
    const [first] = accepting;
    if (first) return { code: 'accepted', value: accepting.length === 1 ? first.client.id : null };
    const refusal = decisions.map(({ decision }) => decision).find((decision) => 'check' in decision);
    const needed = 'an enabled client with the jwt-bearer grant whose jwt_bearer.issuers has this entry';
    return refusal ?? failed('rules', needed, 'no such client');
  }

  /**
   * Adds the credentials whose subject matches, else those of the entry, and the values that the token has for
   * their conditions.
   */
  private explained(refusal: FailedCheck, { entry, subject, claims }: VerifiedToken): FailedCheck {
    const named = this.all
      .flatMap(({ id, federatedCredentials }) =>
        federatedCredentials.map((credential) => ({ client_id: id, credential })),
      )
      .filter(({ credential }) => credential.issuer === entry.id);
    const matching = named.filter(({ credential }) => matchesSubject(credential, subject));
    const near = (matching.length > 0 ? matching : named).slice(0, MAX_DESCRIBED);
    const pointers = new Set(near.flatMap(({ credential }) => Object.keys(credential.claims)));
    const values = [...pointers].map((pointer): [string, unknown] => [
      pointer,
      valueAt(claims, parsePointer(pointer) ?? []),
    ]);
    return failed(
      refusal.check,
      near.length === 0
        ? refusal.expected
        : near.map(({ client_id, credential }) => ({ client_id, ...credential })),
      { sub: subject, claims: Object.fromEntries(values), found: refusal.got },
    );
  }

  private get all(): readonly Client[] {
    return this.clients.page(Infinity).clients;
  }

  private failureOf(
    outcome: OutsideTokenOutcome<unknown>,
    entry: TrustedIssuer | undefined,
  ): FailedCheck | undefined {
    switch (outcome.code) {
      case 'accepted':
        return undefined;
      case 'refused':
        return outcome;
      case 'unavailable':
        return failed('key', 'the keys of the issuer', entry && this.keys.stateOf(entry).failure);
    }
  }
}

function results(failure: FailedCheck | undefined): CheckResult[] {
  const failedAt = failure ? CHECKS.indexOf(failure.check) : CHECKS.length;
  return CHECKS.map((name, index) => {
    if (index !== failedAt) return { name, ok: index < failedAt ? true : null };
    const { expected, got } = failure ?? {};
    return {
      name,
      ok: false,
      ...(expected !== undefined && { expected }),
      ...(got !== undefined && { got }),
    };
  });
}
