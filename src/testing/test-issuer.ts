import { randomUUID } from 'node:crypto';
import { SystemClock, type Clock } from '../clock.js';
import { ALGORITHMS, type Algorithm } from '../jwt/algorithms.js';
import { encodePart } from '../jwt/compact-jws.js';
import { KeySetServer } from './key-set-server.js';
import { makeSecret, makeTestKey, type TestKey } from './test-key.js';
import { withFault, type TokenDraft, type TokenFault } from './token-faults.js';

/** Options of a {@link TestIssuer}. */
export interface TestIssuerOptions {
  /** The `iss` of its tokens. Default: its URL once it has started, `test-issuer` before. */
  readonly issuer?: string | undefined;
  /** The `aud` of its tokens. Default: `test-service`. */
  readonly audience?: string | undefined;
  /** The algorithm that signs. Default: `ES256`. */
  readonly algorithm?: Algorithm | undefined;
  /** The shared secret for HS256, HS384 and HS512. Default: a random one, {@link TestIssuer.secret}. */
  readonly secret?: string | undefined;
  /** Lifetime of its tokens, in seconds. Default: 300. */
  readonly lifetimeSeconds?: number | undefined;
  /** How long its keys may be cached (`Cache-Control: max-age`), in seconds. Default: 300. */
  readonly maxAgeSeconds?: number | undefined;
  /** The source of the time for `iat` and `exp`. Default: the system clock. */
  readonly clock?: Clock | undefined;
}

/**
 * An issuer for tests of services that receive tokens. It makes valid and invalid tokens and serves its
 * public keys.
 */
export class TestIssuer {
  /** The `aud` of its tokens. */
  readonly audience: string;
  /** The algorithm that signs its tokens. */
  readonly algorithm: Algorithm;
  /** The secret that the receiver needs if the algorithm is HS256, HS384 or HS512; otherwise empty. */
  readonly secret: string;
  private readonly server: KeySetServer;
  private readonly clock: Clock;
  private signing: TestKey;
  private published: readonly TestKey[];
  private isStarted = false;

  /** @param options see {@link TestIssuerOptions}; all have defaults */
  constructor(private readonly options: TestIssuerOptions = {}) {
    this.audience = options.audience ?? 'test-service';
    this.algorithm = options.algorithm ?? 'ES256';
    this.secret = options.secret ?? (ALGORITHMS[this.algorithm].shared ? makeSecret(this.algorithm) : '');
    this.clock = options.clock ?? new SystemClock();
    this.signing = makeTestKey(this.algorithm, this.secret);
    this.published = [this.signing];
    this.server = new KeySetServer(() => ({
      issuer: this.issuer,
      keys: this.published.map(({ jwk }) => jwk).filter((jwk) => jwk !== undefined),
      maxAgeSeconds: options.maxAgeSeconds ?? 300,
    }));
  }

  /** The `iss` of its tokens. */
  get issuer(): string {
    return this.options.issuer ?? (this.isStarted ? this.url : 'test-issuer');
  }

  /**
   * Starts to serve the keys and the metadata on a free port of 127.0.0.1.
   *
   * @returns this issuer
   */
  async start(): Promise<this> {
    await this.server.start();
    this.isStarted = true;
    return this;
  }

  /** Stops serving and closes open connections. */
  async stop(): Promise<void> {
    this.isStarted = false;
    await this.server.stop();
  }

  /**
   * The base URL of the keys and the metadata.
   *
   * @throws {Error} unless it is started
   */
  get url(): string {
    return this.server.url;
  }

  /**
   * The URL of its key set.
   *
   * @throws {Error} unless it is started
   */
  get jwksUri(): string {
    return this.server.jwksUri;
  }

  /** The paths that were requested so far, in order, including those requested while it was down. */
  get requests(): readonly string[] {
    return this.server.requests;
  }

  /** Simulates an outage: from now on, connections are closed without a response. */
  goDown(): void {
    this.server.isDown = true;
  }

  /** Ends the outage that {@link goDown} began. */
  comeBack(): void {
    this.server.isDown = false;
  }

  /**
   * Signs with a new key from now on.
   *
   * @param options.revoke whether to stop publishing the previous keys. Default: false
   *
   * @throws {TypeError} if the issuer signs with a shared secret
   */
  rotate({ revoke = false }: { readonly revoke?: boolean } = {}): void {
    if (!this.signing.jwk) throw new TypeError('A shared secret is not published');
    this.signing = makeTestKey(this.algorithm);
    this.published = revoke ? [this.signing] : [this.signing, ...this.published];
  }

  /**
   * Makes a token that is valid now, unless the claims or the header change that.
   *
   * @param claims claims to add or replace: `iss`, `sub`, `aud`, `iat`, `exp` and `jti` are set by default;
   *   `undefined` omits one
   * @param header header parameters to add or replace: `alg`, `typ` and `kid` are set by default; `undefined`
   *   omits one
   * @returns a compact JWS
   */
  token(claims: TokenDraft['claims'] = {}, header: TokenDraft['header'] = {}): Promise<string> {
    return signDraft(this.draft(claims, header));
  }

  /**
   * Makes a token with one fault.
   *
   * @param fault a key of {@link TOKEN_FAULTS}
   * @param claims as for {@link token}; the fault takes precedence
   * @returns a compact JWS
   */
  badToken(fault: TokenFault, claims: TokenDraft['claims'] = {}): Promise<string> {
    return signDraft(withFault(this.draft(claims, {}), fault, this.signing, this.now));
  }

  private get now(): number {
    return Math.floor(this.clock.now() / 1000);
  }

  private draft(claims: TokenDraft['claims'], header: TokenDraft['header']): TokenDraft {
    const { signing, now } = this;
    return {
      header: { alg: signing.algorithm, typ: 'JWT', kid: signing.id, ...header },
      claims: {
        iss: this.issuer,
        sub: 'test-subject',
        aud: this.audience,
        iat: now,
        exp: now + (this.options.lifetimeSeconds ?? 300),
        jti: randomUUID(),
        ...claims,
      },
      sign: (input) => signing.sign(input),
    };
  }
}

async function signDraft({ header, claims, sign }: TokenDraft): Promise<string> {
  const input = [header, claims].map(encodePart).join('.');
  return `${input}.${await sign(input)}`;
}
