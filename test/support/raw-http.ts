import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * Sends bytes that `fetch` would not send.
 *
 * @returns the whole response, once the server has closed the connection
 */
export async function rawHttp(origin: string, bytes: string): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => (text += part));
  socket.write(bytes, 'latin1');
  await once(socket, 'end');
  socket.destroy();
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]), text };
}
