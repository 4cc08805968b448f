/**
 * Another service did not answer, or not as it should. Its message may stand in a log: it names the address and the
 * reason, and nothing that was sent or received.
 */
export class RemoteFailure extends Error {
  override readonly name = 'RemoteFailure';

  /**
   * @param address where it was asked; its query is left out of the message
   * @param reason in words, such as `ECONNREFUSED`
   * @param status HTTP status, where there was an answer
   */
  constructor(
    address: string,
    readonly reason: string,
    readonly status?: number,
  ) {
    super(`${address.replace(/\?.*$/s, '')}: ${reason}`);
  }

  /**
   * @param cause what `fetch` threw; it is not kept, as its message may quote a header with a secret
   * @param address where it was asked
   */
  static from(cause: unknown, address: string): RemoteFailure {
    const { name, cause: inner } = Object(cause) as { name?: unknown; cause?: unknown };
    const { code } = Object(inner) as { code?: unknown };
    if (name === 'TimeoutError') return new RemoteFailure(address, 'no answer within 5 seconds');
    return new RemoteFailure(address, typeof code === 'string' ? code : 'no answer');
  }
}
