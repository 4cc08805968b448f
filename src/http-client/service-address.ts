/** The rules for the URL of another service. */
export interface AddressRules {
  /** Whether `http:` is accepted for other hosts too; only if the network itself encrypts. */
  readonly allowPlainHttp: boolean;
}

/**
 * Checks a URL that keys come from or secrets are sent to. Over plain HTTP anyone on the path could
 * substitute keys, so `http:` is accepted only for this host unless the rules allow more.
 *
 * @param option name of the option that holds the URL, for the error
 * @throws {TypeError} unless it is an absolute URL with an accepted scheme, and without credentials or
 *   fragment
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
    throw new TypeError(`${option} must be https, as ${url.hostname} is not this host (see allowPlainHttp)`);
  }
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
