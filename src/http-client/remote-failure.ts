/**
 * Another service did not respond, or not as it should. The message is safe to log: it contains the URL and
 * the reason, but nothing that was sent or received.
 */
export class RemoteFailure extends Error {
  override readonly name = 'RemoteFailure';

  /**
   * @param address the requested URL; the message omits its query
   * @param reason such as `ECONNREFUSED` or `no response within 5 seconds`
   * @param status HTTP status, if there was a response
   */
  constructor(
    address: string,
    readonly reason: string,
    readonly status?: number,
  ) {
    super(`${address.replace(/\?.*$/s, '')}: ${reason}`);
  }

  /**
   * Describes what `fetch` threw.
   *
   * @param cause what `fetch` threw; it is not kept, as its message may quote a header with a secret
   * @param address the requested URL
   */
  static from(cause: unknown, address: string): RemoteFailure {
    const { name, cause: inner } = Object(cause) as { name?: unknown; cause?: unknown };
    const { code } = Object(inner) as { code?: unknown };
    if (name === 'TimeoutError') return new RemoteFailure(address, 'no response within 5 seconds');
    return new RemoteFailure(address, typeof code === 'string' ? code : 'no response');
  }
}
