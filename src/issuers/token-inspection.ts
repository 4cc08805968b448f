import { Injectable } from '@nestjs/common';
import type { Client } from '../clients/client.js';
import { ClientRegistry } from '../clients/client-registry.js';
import { matchesSubject } from '../clients/federated-credential.js';
import { parsePointer, valueAt } from '../encoding/json-pointer.js';
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

/** Explains to administrators why a token is accepted or not. Issues nothing and uses up nothing. */
@Injectable()
export class TokenInspector {
  constructor(
    private readonly outside: OutsideTokens,
    private readonly keys: IssuerKeys,
    private readonly clients: ClientRegistry,
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

  private rulesOf(
    token: VerifiedToken,
  ): { readonly code: 'accepted'; readonly value: string | null } | FailedCheck {
    switch (token.use) {
      case 'client_authentication': {
        const found = workloadClient(this.clients, token, undefined);
        return found.code === 'accepted'
          ? { code: 'accepted', value: found.value.id }
          : this.explained(found, token);
      }
      case 'jwt_bearer': {
        const users = this.all.filter(({ jwtBearer }) => jwtBearer?.issuers.includes(token.entry.id));
        const [only] = users;
        return only
          ? { code: 'accepted', value: users.length === 1 ? only.id : null }
          : failed('rules', 'a client whose jwt_bearer.issuers has this entry', 'no such client');
      }
      case 'token_exchange':
        return { code: 'accepted', value: null };
    }
  }

  /** Adds the conditions of the clients whose subject matches, and the values that the token has for them. */
  private explained(refusal: FailedCheck, { entry, subject, claims }: VerifiedToken): FailedCheck {
    const near = this.all
      .flatMap(({ id, federatedCredentials }) =>
        federatedCredentials.map((credential) => ({ client_id: id, credential })),
      )
      .filter(({ credential }) => credential.issuer === entry.id && matchesSubject(credential, subject))
      .slice(0, MAX_DESCRIBED);
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
