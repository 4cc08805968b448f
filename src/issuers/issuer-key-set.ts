import { isJsonObject } from '../encoding/strict-json.js';
import type { Algorithm } from '../jwt/algorithms.js';
import { type PublicKey, readPublicKey } from '../jwt/public-key.js';

/** The most keys that an issuer may publish. */
export const MAX_ISSUER_KEYS = 100;

/** The keys of a set that are used: those for signatures, or those of a SPIFFE bundle for JWT-SVIDs. */
export type KeyUse = 'sig' | 'jwt-svid';

/** The usable public keys of one issuer at one time. Immutable. */
export class IssuerKeySet {
  static readonly EMPTY = new IssuerKeySet(new Map());

  private readonly keys: readonly PublicKey[];
  private readonly byId: ReadonlyMap<string, PublicKey>;

  /** @param byText the keys, by the text of their JWK */
  private constructor(private readonly byText: ReadonlyMap<string, PublicKey>) {
    this.keys = [...byText.values()];
    this.byId = new Map(this.keys.flatMap((key) => (key.id === undefined ? [] : [[key.id, key]])));
  }

  /**
   * Reads the keys of a JWK Set (RFC 7517 §5). A key that cannot be used is skipped by itself: a weak key, one
   * of an unknown type, one with the `kid` of an earlier key. Keys of the previous set are reused.
   *
   * @param jwks at most {@link MAX_ISSUER_KEYS}; the caller refuses a larger set
   * @param use `jwt-svid` for a SPIFFE bundle, whose other keys are for certificates
   */
  static read(
    jwks: readonly unknown[],
    use: KeyUse,
    previous: IssuerKeySet = IssuerKeySet.EMPTY,
  ): IssuerKeySet {
    const byText = new Map<string, PublicKey>();
    const ids = new Set<string>();
    for (const jwk of jwks.slice(0, MAX_ISSUER_KEYS)) {
      const text = JSON.stringify(jwk);
      const key = previous.byText.get(text) ?? readKey(jwk, use);
      if (key === undefined || (key.id !== undefined && ids.has(key.id))) continue;
      if (key.id !== undefined) ids.add(key.id);
      byText.set(text, key);
    }
    return new IssuerKeySet(byText);
  }

  get size(): number {
    return this.keys.length;
  }

  withId(keyId: string): PublicKey | undefined {
    return this.byId.get(keyId);
  }

  /** The keys that may verify tokens of this algorithm. */
  fitting(algorithm: Algorithm): readonly PublicKey[] {
    return this.keys.filter(({ algorithms }) => algorithms.includes(algorithm));
  }
}

function readKey(jwk: unknown, use: KeyUse): PublicKey | undefined {
  const read = use === 'sig' ? readPublicKey(jwk) : readSvidKey(jwk);
  return typeof read === 'string' ? undefined : read;
}

/** SPIFFE Trust Domain and Bundle §4.2.2: a key without this `use` must be ignored. */
function readSvidKey(jwk: unknown): PublicKey | string {
  if (!isJsonObject(jwk) || jwk['use'] !== 'jwt-svid') return 'is not for JWT-SVIDs';
  return readPublicKey({ ...jwk, use: 'sig' });
}
