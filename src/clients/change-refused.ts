/**
 * A refused change by an administrator: the request is invalid, what is to be changed does not exist, or the
 * change conflicts with the current state.
 */
export class ChangeRefused extends Error {
  override readonly name = 'ChangeRefused';

  /** @param message one sentence for the administrator */
  constructor(
    readonly code: 'invalid_request' | 'not_found' | 'conflict',
    message: string,
  ) {
    super(message);
  }
}
