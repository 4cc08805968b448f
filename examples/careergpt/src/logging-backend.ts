import type { TokenClient } from '@acme/identity-client/token-client';

/** How long an answer may take, in milliseconds. */
const PATIENCE = 5_000;

/** A line for the log. */
export interface LogLine {
  readonly level: 'INFO' | 'WARNING' | 'ERROR';
  readonly message: string;
  readonly context?: object;
}

/**
 * The service that keeps the log. Its tokens come from the token client: it asks once, keeps the token and renews it
 * ahead of its end, so that most calls here are one request.
 */
export class LoggingBackend {
  private readonly fetch: typeof globalThis.fetch;

  constructor(
    tokens: TokenClient,
    private readonly url: string,
  ) {
    this.fetch = tokens.fetchWith({ audience: 'logging-service' });
  }

  /** @throws {Error} if there is no token, or the line was not kept */
  async write(line: LogLine): Promise<void> {
    await this.call('/log', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ service: 'careergpt', ...line }),
    });
  }

  /** @returns the newest lines of all services, newest first */
  read(limit: number): Promise<unknown> {
    return this.call(`/logs?limit=${limit}`);
  }

  private async call(path: string, init: RequestInit = {}): Promise<unknown> {
    const answer = await this.fetch(this.url + path, { ...init, signal: AbortSignal.timeout(PATIENCE) });
    const body = (await answer.json()) as { readonly error?: string };
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${body.error ?? ''}`);
    return body;
  }
}
