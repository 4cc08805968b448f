import { once } from 'node:events';
import { type AddressInfo, BlockList, createServer, isIPv6 } from 'node:net';
import type { Settings } from '../config/settings.js';
import { displayDatabase } from '../database/database-url.js';
import type { Log } from '../log.js';

/** The service cannot listen on the address of its settings. */
export class ListenFailure extends Error {
  override readonly name = 'ListenFailure';
}

const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses this port. Stop that program, or set PORT to another port.',
  EACCES:
    'this user may not use this port. Set PORT to 1024 or above, or give the process CAP_NET_BIND_SERVICE.',
  EADDRNOTAVAIL: 'this machine has no such address. Set HOST to one of its addresses.',
  EINVAL: 'this machine cannot listen on such an address. Set HOST to one of its addresses.',
  EAFNOSUPPORT: 'this machine has no addresses of this family. Set HOST to one of its addresses.',
  ENOTFOUND: 'this name is unknown. Set HOST to an address of this machine, such as 127.0.0.1.',
  EAI_AGAIN: 'this name cannot be resolved now. Set HOST to an address of this machine, such as 127.0.0.1.',
};

/** Translates what an attempt to listen has thrown into what the operator can do; other errors stay as they are. */
export function listenFailure(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const remedy = REMEDIES[code];
  if (remedy === undefined) return error;
  const address = host.includes(':') ? `[${host}]` : host;
  return new ListenFailure(`Cannot listen on ${address}:${port} (HOST, PORT): ${remedy}`);
}

/**
 * Tries an address before the service does anything else: it is refused in one sentence, and one process speaks for all workers.
 *
 * @throws {@link ListenFailure}
 */
export async function tryToListen(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    await once(server.listen(port, host), 'listening');
  } catch (error) {
    throw listenFailure(error, host, port);
  }
  server.close();
  await once(server, 'close');
}

/** What a server listens on, as `server.address()` returns it: a string is the path of a socket. */
export type ListeningAddress = AddressInfo | string | null;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Logs what the operator should know of the settings, and the one line that says what runs: the mode, who may ask for tokens, the
 * settings file that was read, the database without its user and password, and the address.
 */
export function logStart(log: Log, settings: Settings, address: ListeningAddress): void {
  const url = shownAddress(address);
  for (const notice of settings.notices) log.warn(notice);
  const isOpen = settings.tokenEndpointAuth === 'none';
  if (isOpen && (settings.inPassenger || !isLoopback(address))) {
    log.warn(
      { url },
      'POST /token is open to anyone who reaches this address: set TOKEN_ENDPOINT_AUTH=required, or HOST=127.0.0.1',
    );
  }
  log.info(
    {
      url,
      basePath: settings.basePath,
      mode: settings.mode,
      tokenEndpointAuth: settings.tokenEndpointAuth,
      mayAskForTokens: isOpen ? 'anyone' : 'registered clients',
      settingsFile: settings.settingsFile ?? 'none',
      database: displayDatabase(settings.databaseUrl),
    },
    'listening',
  );
}

/** Other machines reach any other address; a socket in the file system is reached by this machine alone. */
function isLoopback(address: ListeningAddress): boolean {
  if (address === null || typeof address === 'string') return true;
  return LOOPBACK.check(address.address, isIPv6(address.address) ? 'ipv6' : 'ipv4');
}

/** The address as a URL, as it is bound: `http://0.0.0.0:3000` is every address of the machine. */
export function shownAddress(address: ListeningAddress): string {
  if (address === null || typeof address === 'string') return address ?? 'none';
  const host = isIPv6(address.address) ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
