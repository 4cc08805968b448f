/** What an address of another service is checked against. */
export interface AddressRules {
  /** Whether `http:` is taken beyond this machine too; only where the network itself encrypts. */
  readonly allowPlainHttp: boolean;
}

/**
 * Checks an address that keys come from or secrets are sent to. Over plain HTTP anybody on the way could put keys of
 * their own in its place, so it is taken for this machine alone unless the rules say otherwise.
 *
 * @param option name of the option that holds it, for the error
 * @throws {TypeError} where it is not an absolute https address without credentials and fragment
 */
export function checkServiceAddress(
  option: string,
  address: unknown,
  { allowPlainHttp }: AddressRules,
): asserts address is string {
  const url = typeof address === 'string' && URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !['https:', 'http:'].includes(url.protocol)) {
    throw new TypeError(`${option} must be an absolute http(s) URL`);
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw new TypeError(`${option} must have neither credentials nor a fragment`);
  }
  if (url.protocol === 'http:' && !allowPlainHttp && !isLoopback(url.hostname)) {
    throw new TypeError(
      `${option} must be https, as ${url.hostname} is not this machine (see allowPlainHttp)`,
    );
  }
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
