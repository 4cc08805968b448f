import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port of the loopback that nobody listens on, for what must be known before it starts, or must not answer. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
