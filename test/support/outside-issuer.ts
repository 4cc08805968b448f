import { randomUUID } from 'node:crypto';
import { type AssertionAlgorithm, type ClientKey, makeClientKey, signTexts } from './client-assertion.js';
import type { Administrator } from './clients.js';
import { NEW_YEAR } from './moved-clock.js';
import type { RunningApp, ServiceResponse } from './running-app.js';

/** The claims of RFC 7523 that every token of an outside issuer has unless a test changes them. */
export type OutsideClaims = Readonly<Record<string, unknown>>;

/** What a test changes of a token; a claim or parameter that is `undefined` is omitted. */
export interface OutsideDifference {
  readonly header?: Readonly<Record<string, unknown>>;
  /** Signs in place of the issuer's own key. */
  readonly key?: ClientKey;
}

/** An issuer outside of the service with one key, and no code of the service. */
export class OutsideIssuer {
  readonly key: ClientKey;

  /**
   * @param id the ID of its entry
   * @param issuer its `iss`
   */
  constructor(
    readonly id: string,
    readonly issuer = `https://${id}.example`,
    algorithm: AssertionAlgorithm = 'ES256',
  ) {
    this.key = makeClientKey(algorithm, { kid: `${id}-1` });
  }

  /** A token for the service with these claims. */
  token(claims: OutsideClaims = {}, { header = {}, key = this.key }: OutsideDifference = {}): string {
    const whole = {
      iss: this.issuer,
      sub: 'user-1',
      aud: 'identity-backend',
      iat: NEW_YEAR,
      exp: NEW_YEAR + 300,
      jti: randomUUID(),
      ...claims,
    };
    const parameters = { alg: key.algorithm, typ: 'JWT', kid: key.jwk['kid'], ...header };
    return signTexts(key, JSON.stringify(parameters), JSON.stringify(whole));
  }

  /** The entry of the administration, with its key in it. */
  entry(fields: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
    return {
      id: this.id,
      issuer: this.issuer,
      keys: { jwks: { keys: [this.key.jwk] } },
      algorithms: [this.key.algorithm],
      ...fields,
    };
  }
}

/** Sends a request to `/admin/issuers`. */
export async function administerIssuers(
  service: RunningApp,
  administrator: Administrator,
  method: string,
  path = '',
  body?: unknown,
): Promise<ServiceResponse> {
  return service.request(`/admin/issuers${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await administrator.token()}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** Creates an entry, and throws unless it was created. */
export async function trustIssuer(
  service: RunningApp,
  administrator: Administrator,
  entry: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { status, text } = await administerIssuers(service, administrator, 'POST', '', entry);
  if (status !== 201) throw new Error(`No entry: ${status} ${text}`);
}

/** The check that the log names for the last outside token that was refused. */
export function refusedCheck({ captured }: RunningApp): unknown {
  return captured.lines.filter(({ event }) => event === 'outside_token.refused').at(-1)?.['check'];
}
