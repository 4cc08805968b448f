/** The accepted values of `sslmode`, which mean what they mean to libpq. */
const TLS_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;

export type TlsMode = (typeof TLS_MODES)[number];

/** How a connection to a server is to be protected. */
export interface TlsRequest {
  readonly mode: TlsMode;
  /** Path of a file of root certificates in PEM; absent if the roots of the system apply. */
  readonly rootFile?: string;
}

/** The parameters in the URL of a server. */
export interface ServerParameters {
  readonly tls?: TlsRequest;
  readonly applicationName?: string;
  /** The folder of PostgreSQL's Unix socket, in place of the host. */
  readonly host?: string;
}

const KNOWN: Readonly<Record<'postgres' | 'mysql', readonly string[]>> = {
  postgres: ['sslmode', 'sslrootcert', 'application_name', 'host'],
  mysql: ['sslmode', 'sslrootcert'],
};

/**
 * Reads the query of a URL. An unknown parameter is rejected: one that was meant to protect the connection,
 * such as `ssl=true`, must not be ignored.
 *
 * @param search the query with its question mark; may be empty
 * @returns the parameters, or what is wrong with them, without any part of them
 */
export function parseServerParameters(search: string, kind: 'postgres' | 'mysql'): ServerParameters | string {
  const read = readParameters(search);
  if (typeof read === 'string') return read;
  const known = KNOWN[kind];
  if ([...read.keys()].some((name) => !known.includes(name))) {
    return `has a parameter other than ${known.join(', ')}`;
  }
  const host = read.get('host');
  if (host !== undefined && !host.startsWith('/'))
    return 'has a host that is not the folder of a Unix socket';
  const tls = tlsRequest(read.get('sslmode'), read.get('sslrootcert'));
  if (typeof tls === 'string') return tls;
  const applicationName = read.get('application_name');
  return {
    ...(tls && { tls }),
    ...(applicationName !== undefined && { applicationName }),
    ...(host !== undefined && { host }),
  };
}

/** Decodes parameters as libpq does: they are percent-encoded, and a plus sign means a plus sign. */
function readParameters(search: string): ReadonlyMap<string, string> | string {
  const read = new Map<string, string>();
  if (search === '') return read;
  for (const part of search.slice(1).split('&')) {
    const [, encodedName = '', encodedValue = ''] = /^([^=]*)=?(.*)$/s.exec(part) ?? [];
    let name: string;
    let value: string;
    try {
      [name, value] = [decodeURIComponent(encodedName), decodeURIComponent(encodedValue)];
    } catch {
      return 'has a parameter that is not percent-encoded UTF-8';
    }
    if (name === '' || value.trim() === '') return 'has an empty parameter';
    if (/\p{Cc}/u.test(value)) return 'has a control character in a parameter';
    if (read.has(name)) return 'has a parameter twice';
    read.set(name, value);
  }
  return read;
}

function tlsRequest(mode: string | undefined, rootFile: string | undefined): TlsRequest | undefined | string {
  if (mode === undefined) {
    return rootFile === undefined ? undefined : 'has sslrootcert without sslmode; use verify-full with it';
  }
  if (!isTlsMode(mode)) {
    return `has an sslmode other than ${TLS_MODES.join(', ')}`;
  }
  return { mode, ...(rootFile !== undefined && { rootFile }) };
}

function isTlsMode(text: string): text is TlsMode {
  return (TLS_MODES as readonly string[]).includes(text);
}
