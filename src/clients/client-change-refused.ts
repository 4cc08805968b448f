/** A refused change of a client: the request is invalid, or conflicts with the current state. */
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
