import { type AddressInfo, BlockList, isIPv6 } from 'node:net';
import type { Logger } from 'pino';
import type { Settings } from './config/settings.js';
import { displayDatabase } from './database/database-url.js';

/** What a server listens on, as `server.address()` returns it: a string is the path of a socket. */
export type ListeningAddress = AddressInfo | string | null;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Logs what the operator should know of the settings, and the one line that says what runs: the mode, who may ask for tokens, the
 * settings file that was read, the database without its user and password, and the address.
 */
export function logStart(log: Logger, settings: Settings, address: ListeningAddress): void {
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
