import type { RenewedToken } from './renewed-token.js';

/**
 * The tokens of one request: one, and a second if the service refuses the first. Every way of sending tokens
 * repeats a request by these rules.
 */
export class BearerAttempts {
  private token = '';
  private isSecond = false;

  constructor(private readonly renewed: RenewedToken) {}

  /**
   * @returns the token to send
   * @throws {TokenUnavailableError}
   */
  async first(): Promise<string> {
    this.token = await this.renewed.get();
    return this.token;
  }

  /**
   * Drops the token that the service refused.
   *
   * @param canRepeat whether the request can be sent again: the body is no stream
   * @returns the token to send the request once more with; `undefined` if the response is the final one
   */
  async refused(canRepeat: boolean): Promise<string | undefined> {
    if (this.isSecond) {
      this.renewed.refusedAgain();
      return undefined;
    }
    if (!this.renewed.drop(this.token) || !canRepeat) return undefined;
    // Without another token the refusal is returned unchanged.
    const another = await this.renewed.get().catch(() => undefined);
    if (another === undefined) return undefined;
    this.isSecond = true;
    if (another !== this.token) return another;
    // An issuer that caches tokens issued the refused one again.
    this.renewed.refusedAgain();
    return undefined;
  }
}
