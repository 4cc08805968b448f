/**
 * A refused change of a client: the request is invalid, the client or secret does not exist, or the change
 * conflicts with the current state.
 */
export class ClientChangeRefused extends Error {
  override readonly name = 'ClientChangeRefused';

  /** @param message one sentence for the administrator */
  constructor(
    readonly code: 'invalid_request' | 'not_found' | 'conflict',
    message: string,
  ) {
    super(message);
  }
}
