import { once } from 'node:events';
import { type AddressInfo, BlockList, createServer, isIPv6 } from 'node:net';
import type { Settings } from '../config/settings.js';
import { displayDatabase } from '../database/database-url.js';
import type { Log } from '../log.js';

/** The service cannot listen on the configured host and port. */
export class ListenFailure extends Error {
  override readonly name = 'ListenFailure';
}

const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses this port. Stop that program, or set PORT to another port.',
  EACCES:
    'this user may not use this port. Set PORT to 1024 or above, or give the process CAP_NET_BIND_SERVICE.',
  EADDRNOTAVAIL: 'this host has no such address. Set HOST to one of its addresses.',
  EINVAL: 'this host cannot listen on this kind of address. Set HOST to one of its addresses.',
  EAFNOSUPPORT: 'this host has no addresses of this family. Set HOST to one of its addresses.',
  ENOTFOUND: 'this name is unknown. Set HOST to an IP address of this host, such as 127.0.0.1.',
  EAI_AGAIN: 'this name cannot be resolved now. Set HOST to an IP address of this host, such as 127.0.0.1.',
};

/**
 * Converts an error of an attempt to listen into one that says what to do; returns any other error unchanged.
 */
export function listenFailure(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const remedy = REMEDIES[code];
  if (remedy === undefined) return error;
  const address = host.includes(':') ? `[${host}]` : host;
  return new ListenFailure(`Cannot listen on ${address}:${port} (HOST, PORT): ${remedy}`);
}

/**
 * Tries to listen before the service does anything else, so that a failure is one sentence, and one process
 * reports it for all workers.
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

/**
 * The address of a listening server, as `server.address()` returns it. A string is the path of a Unix socket.
 */
export type ListeningAddress = AddressInfo | string | null;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Logs what the operator should know about the settings, and the one line that says what runs: the mode, who
 * may request tokens, the settings file that was read, the database without its user and password, and the
 * address.
 */
export function logStart(log: Log, settings: Settings, address: ListeningAddress): void {
  const url = shownAddress(address);
  for (const notice of settings.notices) log.warn(notice);
  const isOpen = settings.tokenEndpointAuth === 'none';
  if (isOpen && (settings.inPassenger || !isLoopback(address))) {
    log.warn(
      { url },
      'POST /token is open to anyone who reaches this URL: set TOKEN_ENDPOINT_AUTH=required, or HOST=127.0.0.1',
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

/** Whether only this host can reach the address, as with a socket in the file system. */
function isLoopback(address: ListeningAddress): boolean {
  if (address === null || typeof address === 'string') return true;
  return LOOPBACK.check(address.address, isIPv6(address.address) ? 'ipv6' : 'ipv4');
}

/** The bound address as a URL: `http://0.0.0.0:3000` means every address of the host. */
export function shownAddress(address: ListeningAddress): string {
  if (address === null || typeof address === 'string') return address ?? 'none';
  const host = isIPv6(address.address) ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
