import { randomUUID } from 'node:crypto';
import { SystemClock, type Clock } from '../clock.js';
import { ALGORITHMS, type Algorithm } from '../jwt/algorithms.js';
import { KeySetServer } from './key-set-server.js';
import { makeSecret, makeTestKey, type TestKey } from './test-key.js';
import { withFault, type TokenDraft, type TokenFault } from './token-faults.js';

/** Options of a {@link TestIssuer}. */
export interface TestIssuerOptions {
  /** Default: the URL that it serves at, once started; `test-issuer` before. */
  readonly issuer?: string | undefined;
  /** The audience of its tokens. Default `test-service`. */
  readonly audience?: string | undefined;
  /** Default `ES256`. */
  readonly algorithm?: Algorithm | undefined;
  /** For HS256, HS384 and HS512. Default: a random one, see {@link TestIssuer.secret}. */
  readonly secret?: string | undefined;
  /** Seconds. Default 300. */
  readonly lifetimeSeconds?: number | undefined;
  /** How long its keys may be cached, in seconds. Default 300. */
  readonly maxAgeSeconds?: number | undefined;
  /** Default: the system clock. */
  readonly clock?: Clock | undefined;
}

/**
 * An issuer for the tests of services that receive tokens: makes valid and invalid tokens, and serves its
 * public keys.
 */
export class TestIssuer {
  readonly audience: string;
  readonly algorithm: Algorithm;
  /** The secret to give to the receiver if the algorithm is HS256, HS384 or HS512. */
  readonly secret: string;
  private readonly server: KeySetServer;
  private readonly clock: Clock;
  private signing: TestKey;
  private published: readonly TestKey[];
  private isStarted = false;

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

  /** Serves the keys and the metadata on a free port of this host. */
  async start(): Promise<this> {
    await this.server.start();
    this.isStarted = true;
    return this;
  }

  async stop(): Promise<void> {
    this.isStarted = false;
    await this.server.stop();
  }

  /**
   * The URL that it serves at.
   *
   * @throws {Error} unless it is started
   */
  get url(): string {
    return this.server.url;
  }

  /**
   * The URL of its keys.
   *
   * @throws {Error} unless it is started
   */
  get jwksUri(): string {
    return this.server.jwksUri;
  }

  /** The paths requested so far. */
  get requests(): readonly string[] {
    return this.server.requests;
  }

  /** From now on closes connections without a response. */
  goDown(): void {
    this.server.isDown = true;
  }

  comeBack(): void {
    this.server.isDown = false;
  }

  /**
   * Signs with a new key from now on. The previous one stays published, unless `revoke` is set.
   *
   * @throws {TypeError} if the issuer signs with a shared secret
   */
  rotate({ revoke = false }: { readonly revoke?: boolean } = {}): void {
    if (!this.signing.jwk) throw new TypeError('A shared secret is not published');
    this.signing = makeTestKey(this.algorithm);
    this.published = revoke ? [this.signing] : [this.signing, ...this.published];
  }

  /**
   * Makes a token that is valid now.
   *
   * @param claims added to the usual ones or replacing them; `undefined` omits one
   * @param header likewise
   */
  token(claims: TokenDraft['claims'] = {}, header: TokenDraft['header'] = {}): Promise<string> {
    return signDraft(this.draft(claims, header));
  }

  /** Makes a token with one fault; `TOKEN_FAULTS` lists them. */
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
  const input = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${input}.${await sign(input)}`;
}
