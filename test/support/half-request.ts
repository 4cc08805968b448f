import { once } from 'node:events';
import { connect } from 'node:net';

/** A `POST /token` whose body is half sent; `finish` sends the rest and returns the whole response. */
export interface HalfRequest {
  finish(): Promise<string>;
}

export async function halfRequest(url: string): Promise<HalfRequest> {
  const { hostname, port } = new URL(url);
  const body = JSON.stringify({ sub: 'user-42', aud: 'logging-service' });
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  let response = '';
  socket.setEncoding('utf8').on('data', (text: string) => (response += text));
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  const head = ['POST /token HTTP/1.1', `Host: ${hostname}`, 'Content-Type: application/json'];
  socket.write(`${head.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`);
  return {
    async finish() {
      socket.write(body.slice(10));
      await closed;
      return response;
    },
  };
}
