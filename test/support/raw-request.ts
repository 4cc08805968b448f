import { type Agent, type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import type { GeneratedRequest } from './generated-request.js';

/** How long a response may take. */
const PATIENCE_MS = 10_000;

/** A response, or why there is none. */
export type Outcome =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly type: string;
      readonly text: string;
    }
  | { readonly kind: 'error'; readonly error: NodeJS.ErrnoException; readonly wasReused: boolean }
  /** No client could send it. */
  | { readonly kind: 'unsendable' };

/** Sends a request unchanged. */
export async function send(
  origin: string,
  request: Omit<GeneratedRequest, 'pattern'>,
  agent: Agent,
): Promise<Outcome> {
  const outcome = await sendOnce(origin, request, agent);
  // A server may close an idle connection at the moment when a request is sent on it.
  const isRace = outcome.kind === 'error' && outcome.wasReused && outcome.error.code === 'ECONNRESET';
  return isRace ? sendOnce(origin, request, agent) : outcome;
}

function sendOnce(
  origin: string,
  { method, path, headers, body }: Omit<GeneratedRequest, 'pattern'>,
  agent: Agent,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(origin);
    const length = body === undefined ? {} : { 'content-length': body.length };
    let call;
    try {
      call = httpRequest({ hostname, port, method, path, agent, headers: { ...length, ...headers } });
    } catch {
      resolve({ kind: 'unsendable' });
      return;
    }
    const late = (): unknown => call.destroy(new Error(`no response within ${PATIENCE_MS} ms`));
    const timer = setTimeout(late, PATIENCE_MS);
    const finish = (outcome: Outcome): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    call.on('error', (error) => finish({ kind: 'error', error, wasReused: call.reusedSocket }));
    call.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', (error) => finish({ kind: 'error', error, wasReused: false }));
      response.on('end', () =>
        finish({
          kind: 'response',
          status: response.statusCode ?? 0,
          headers: response.headers,
          type: response.headers['content-type']?.split(';')[0] ?? '',
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    call.end(body);
  });
}
