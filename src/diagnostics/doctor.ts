import { randomBytes } from 'node:crypto';
import type { Client } from '../clients/client.js';
import { isJsonObject } from '../encoding/strict-json.js';
import { secretFingerprint } from '../jwt/secret-fingerprint.js';
import { publishedUrls } from '../published-urls.js';
import { clientFindings, type Finding } from './client-findings.js';

/** How long another service may take to respond, in milliseconds. */
const RESPONSE_TIMEOUT_MS = 5_000;

export type { Finding };

/** What the doctor needs to know about this service. */
export interface DoctorOptions {
  readonly issuer: string;
  /** The URL at which clients reach the service; the issuer if omitted. */
  readonly publicUrl?: string | undefined;
  /** What a client assertion may name as its audience. */
  readonly clientAssertionAudience?: 'issuer-or-endpoint' | 'issuer';
  readonly secret: string | undefined;
  /** Previous secrets, which still verify. */
  readonly previousSecrets: readonly string[];
  readonly lifetimeSeconds: number;
}

const METADATA = ['openid-configuration', 'oauth-authorization-server'];

/** Checks whether other services can find this one, and whether they share its settings. */
export class Doctor {
  constructor(
    private readonly options: DoctorOptions,
    private readonly fetch: typeof globalThis.fetch,
  ) {}

  /**
   * Checks the registered clients: which of their keys cannot be used, and which audiences their assertions
   * may name.
   */
  checkClients(clients: readonly Client[]): Finding[] {
    const { publicUrl, clientAssertionAudience } = this.options;
    return clientFindings(
      clients,
      publicUrl !== undefined && clientAssertionAudience === 'issuer-or-endpoint',
    );
  }

  /** Fetches the URLs at which stock clients look for this service's metadata, under its issuer. */
  async checkWellKnown(): Promise<Finding[]> {
    const { issuer, publicUrl } = this.options;
    if (!/^https?:\/\//.test(issuer) || !URL.canParse(issuer)) {
      return [
        note('JWT_ISSUER is not a URL: clients cannot discover the service, and are configured by hand'),
      ];
    }
    const base = issuer.replace(/\/$/, '');
    const { keySet } = publishedUrls(publicUrl ?? base);
    return Promise.all([
      this.checkUrl(keySet, 'jwks.json'),
      ...METADATA.map((name) => this.checkUrl(`${base}/.well-known/${name}`, name)),
      ...this.checkInsertedPath(base),
    ]);
  }

  /**
   * Compares the shared secret and the settings with those of another service, through its `/debug-env`.
   *
   * @param url the base URL of the other service
   */
  async checkPeer(url: string): Promise<Finding[]> {
    const nonce = randomBytes(12).toString('hex');
    const address = `${url.replace(/\/$/, '')}/debug-env?nonce=${nonce}`;
    const response = await this.get(address);
    if (typeof response === 'string') return [wrong(`The peer does not respond: ${response}`)];
    if (response.status === 404) {
      return [
        note('The /debug-env of the peer is off: set DEBUG_ENV=true there for the time of the comparison'),
      ];
    }
    if (response.status !== 200 || !isJsonObject(response.body)) {
      const how = response.status === 200 ? ' without JSON' : '';
      return [wrong(`The /debug-env of the peer responds ${response.status}${how}`)];
    }
    return [this.compareSecret(response.body, nonce), ...this.compareSettings(response.body)];
  }

  private compareSecret({ JWT_SECRET_KEY: shown }: Record<string, unknown>, nonce: string): Finding {
    const { secret, previousSecrets } = this.options;
    const theirs = isJsonObject(shown) ? shown['fingerprint'] : undefined;
    if (secret === undefined || theirs === undefined) {
      return note(`${secret === undefined ? 'This service' : 'The peer'} has no shared secret to compare`);
    }
    if (theirs === secretFingerprint(secret, nonce)) {
      return { verdict: 'ok', about: 'The peer has the same shared secret' };
    }
    return previousSecrets.some((each) => theirs === secretFingerprint(each, nonce))
      ? note('The peer signs with a secret that is in JWT_SECRET_KEY_PREVIOUS here')
      : wrong('The peer has another shared secret');
  }

  private compareSettings({ JWT_ISSUER, JWT_EXPIRATION_MINUTES }: Record<string, unknown>): Finding[] {
    const { issuer, lifetimeSeconds } = this.options;
    const findings: Finding[] = [
      JWT_ISSUER === issuer
        ? { verdict: 'ok', about: 'The peer has the same JWT_ISSUER' }
        : wrong('The peer has another JWT_ISSUER'),
    ];
    // A service that only receives tokens does not expose their lifetime.
    if (JWT_EXPIRATION_MINUTES === undefined) return findings;
    return [
      ...findings,
      JWT_EXPIRATION_MINUTES === lifetimeSeconds / 60
        ? { verdict: 'ok', about: 'The peer has the same JWT_EXPIRATION_MINUTES' }
        : note('The peer has another JWT_EXPIRATION_MINUTES'),
    ];
  }

  /**
   * For an issuer with a path, RFC 8414 §3 puts the well-known part before the path, which is outside of this
   * service.
   */
  private checkInsertedPath(base: string): Promise<Finding>[] {
    const { origin, pathname } = new URL(base);
    if (pathname === '/') return [];
    const address = `${origin}/.well-known/oauth-authorization-server${pathname}`;
    return [this.checkUrl(address, 'oauth-authorization-server', 'note')];
  }

  private async checkUrl(
    address: string,
    name: string,
    otherwise: 'note' | 'wrong' = 'wrong',
  ): Promise<Finding> {
    const response = await this.get(address);
    const problem = typeof response === 'string' ? response : this.problemOf(response, name);
    return problem === undefined
      ? { verdict: 'ok', about: `${address} answers` }
      : { verdict: otherwise, about: `${address}: ${problem}` };
  }

  private problemOf({ status, body }: PeerResponse, name: string): string | undefined {
    if (status !== 200) return `answers ${status}`;
    if (!isJsonObject(body)) return 'is not JSON';
    if (name === 'jwks.json') return Array.isArray(body['keys']) ? undefined : 'is not a key set';
    return body['issuer'] === this.options.issuer ? undefined : 'names another issuer';
  }

  /** @returns the response, or why there is none */
  private async get(address: string): Promise<PeerResponse | string> {
    try {
      const response = await this.fetch(address, {
        redirect: 'error',
        signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS),
      });
      const body: unknown = await response.json().catch(() => undefined);
      return { status: response.status, body };
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
      return code ?? (error instanceof Error ? error.message : 'no response');
    }
  }
}

interface PeerResponse {
  readonly status: number;
  readonly body: unknown;
}

function note(about: string): Finding {
  return { verdict: 'note', about };
}

function wrong(about: string): Finding {
  return { verdict: 'wrong', about };
}
