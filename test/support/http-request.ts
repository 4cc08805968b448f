import { once } from 'node:events';
import {
  type Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as httpRequest,
} from 'node:http';

/** What is sent in addition to the URL. */
export interface RequestOptions {
  readonly method?: string | undefined;
  readonly body?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A new connection if omitted. */
  readonly agent?: Agent | undefined;
  readonly localAddress?: string | undefined;
}

/** A response that has been read. */
export interface ReceivedResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body, if it is a JSON object; else empty. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly milliseconds: number;
}

/** The ID and the secret of a client. */
export interface Credentials {
  readonly id: string;
  readonly secret: string;
}

const TIMEOUT_MS = 30_000;

/** Sends a request and reads the response. It reuses no connections, which a restart may close. */
export async function request(url: string, options: RequestOptions = {}): Promise<ReceivedResponse> {
  const { method = 'GET', body, headers = {}, agent = false, localAddress } = options;
  const begun = performance.now();
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const call = httpRequest(url, {
    method,
    headers: { ...length, ...headers },
    agent,
    timeout: TIMEOUT_MS,
    localAddress,
  });
  call.on('timeout', () => call.destroy(new Error(`no response within ${TIMEOUT_MS} ms`)));
  call.end(body);
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  // A later error is reported by reading the response.
  call.on('error', () => {});
  const text = ((await response.setEncoding('utf8').toArray()) as string[]).join('');
  const isJson = response.headers['content-type']?.startsWith('application/json') === true && text !== '';
  const value: unknown = isJson ? JSON.parse(text) : undefined;
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    body: typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {},
    milliseconds: performance.now() - begun,
  };
}

/** A POST of JSON. */
export function json(value: unknown, headers: Readonly<Record<string, string>> = {}): RequestOptions {
  return {
    method: 'POST',
    body: JSON.stringify(value),
    headers: { 'content-type': 'application/json', ...headers },
  };
}

/** A POST of a form. */
export function form(
  value: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): RequestOptions {
  return {
    method: 'POST',
    body: new URLSearchParams(value).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  };
}

/** The headers of a client that authenticates with HTTP Basic. */
export function basicHeaders({ id, secret }: Credentials): Readonly<Record<string, string>> {
  return { authorization: `Basic ${btoa(`${id}:${secret}`)}` };
}

export function bearerHeaders(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` };
}
