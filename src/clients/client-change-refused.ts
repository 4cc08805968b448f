/** A change of a client that is not made: what was asked is wrong, or does not fit what is there. */
export class ClientChangeRefused extends Error {
  override readonly name = 'ClientChangeRefused';

  /** @param message one sentence that the administrator may read */
  constructor(
    readonly code: 'invalid_request' | 'not_found' | 'conflict',
    message: string,
  ) {
    super(message);
  }
}
