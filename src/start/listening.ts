import { once } from 'node:events';
import { createServer } from 'node:net';

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
