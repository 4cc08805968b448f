import { Injectable } from '@nestjs/common';
import type { MaybePromise } from '../concurrency/maybe-promise.js';
import { IssuerKeySet } from './issuer-key-set.js';
import type { TrustedIssuer } from './trusted-issuer.js';

/** The keys of an entry, in terms of health. */
export interface IssuerKeyState {
  /** Seconds since the keys were fetched; `undefined` if they never were, or are part of the entry. */
  readonly ageSeconds: number | undefined;
  /** Why the last fetch failed; `undefined` if it did not. Contains nothing that the issuer sent. */
  readonly failure: string | undefined;
}

/** The public keys of the trusted issuers. */
@Injectable()
export class IssuerKeys {
  /**
   * Looks up the keys of an entry. Never rejects.
   *
   * @param isMissing whether the set lacks the key that a token needs
   * @returns the keys, at once if the key is among them; otherwise once the fetch has ended that may bring it,
   *   whether it did or not; `undefined` if no keys are known
   */
  find(
    entry: TrustedIssuer,
    isMissing: (keys: IssuerKeySet) => boolean,
  ): MaybePromise<IssuerKeySet | undefined> {
    const keys = staticKeys(entry);
    return keys && !isMissing(keys) ? keys : keys;
  }

  /** The state of the keys of an entry, for health checks and metrics. */
  stateOf(_entry: TrustedIssuer): IssuerKeyState {
    return { ageSeconds: undefined, failure: undefined };
  }
}

function staticKeys({ keys }: TrustedIssuer): IssuerKeySet | undefined {
  switch (keys.kind) {
    case 'jwks':
      return IssuerKeySet.read(keys.jwks.keys, 'sig');
    case 'spiffe_bundle':
      return IssuerKeySet.read(keys.bundle.keys, 'jwt-svid');
    case 'discovery':
    case 'jwks_uri':
    case 'spiffe_bundle_uri':
      return undefined;
  }
}
