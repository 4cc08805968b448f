import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/**
 * Sends 100 (Continue) only once the body is about to be read (RFC 9110 §10.1.1): a client that waits for it and is
 * refused by its headers never sends the body. Node by itself would ask for the body first. If the refusal comes
 * instead, Node closes the connection after it.
 */
export function holdBackContinue(server: Server): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    request.once('resume', () => {
      if (!response.headersSent) response.writeContinue();
    });
    server.emit('request', request, response);
  });
}
