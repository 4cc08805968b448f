/** The kind of body in a request of a program. */
export type Payload = 'json' | 'form' | 'text' | 'parts' | 'none';

/** A program that calls HTTP services, and the headers that it sends, as recorded. */
export interface RecordedClient {
  readonly name: string;
  /** The headers before those of the request itself. */
  readonly first: readonly string[];
  /** The headers after them. */
  readonly last: readonly string[];
  /** The Content-Type for each payload; `undefined` if there is none. */
  readonly types: Readonly<Record<Payload, string | undefined>>;
  /** How the body is framed. */
  readonly framing: 'length' | 'chunks';
  /** Whether the program waits for 100 (Continue) before it sends a body. */
  readonly waits?: true;
  /** Whether it sends Content-Length: 0 if there is no body, by method. */
  readonly saysEmpty: (method: string) => boolean;
}

const FORM = 'application/x-www-form-urlencoded';
const BOUNDARY = 'multipart/form-data; boundary=------------------------d74496d66958873e';
const PLAIN = { json: 'application/json', form: FORM, text: 'text/plain', parts: BOUNDARY, none: undefined };
const POSTS = new Set(['POST', 'PUT', 'PATCH']);
const ofPosts = (method: string): boolean => POSTS.has(method);
const never = (): boolean => false;

export const RECORDED_CLIENTS: readonly RecordedClient[] = [
  {
    name: 'curl 7.88',
    first: ['Host: 127.0.0.1:3000', 'User-Agent: curl/7.88.1', 'Accept: */*'],
    last: [],
    types: PLAIN,
    framing: 'length',
    saysEmpty: never,
  },
  {
    name: 'curl 7.88 with a long body',
    first: ['Host: 127.0.0.1:3000', 'User-Agent: curl/7.88.1', 'Accept: */*'],
    last: ['Expect: 100-continue'],
    types: PLAIN,
    framing: 'length',
    waits: true,
    saysEmpty: never,
  },
  {
    name: 'curl 8.14 with -H "Content-Type: application/json" on everything',
    first: ['Host: 127.0.0.1:3000', 'User-Agent: curl/8.14.1', 'Accept: */*'],
    last: [],
    types: { ...PLAIN, none: 'application/json' },
    framing: 'length',
    saysEmpty: never,
  },
  {
    name: 'curl 8.14 with --data @- and chunks',
    first: ['Host: 127.0.0.1:3000', 'User-Agent: curl/8.14.1', 'Accept: */*', 'Transfer-Encoding: chunked'],
    last: [],
    types: { ...PLAIN, none: FORM },
    framing: 'chunks',
    saysEmpty: never,
  },
  {
    name: 'Windows PowerShell 5.1',
    first: ['User-Agent: Mozilla/5.0 (Windows NT; Windows NT 10.0; de-DE) WindowsPowerShell/5.1.19041.4648'],
    last: ['Host: 127.0.0.1:3000', 'Expect: 100-continue', 'Connection: Keep-Alive'],
    types: { ...PLAIN, none: FORM },
    framing: 'length',
    waits: true,
    saysEmpty: () => true,
  },
  {
    name: 'PowerShell 7.4',
    first: [
      'Host: 127.0.0.1:3000',
      'User-Agent: Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.22631; en-US) PowerShell/7.4.6',
      'Accept-Encoding: gzip, deflate, br',
    ],
    last: [],
    types: { ...PLAIN, json: 'application/json; charset=utf-8', none: FORM },
    framing: 'length',
    saysEmpty: ofPosts,
  },
  {
    name: 'Python requests 2.32',
    first: [
      'Host: 127.0.0.1:3000',
      'User-Agent: python-requests/2.32.3',
      'Accept-Encoding: gzip, deflate, br, zstd',
      'Accept: */*',
      'Connection: keep-alive',
    ],
    last: [],
    types: PLAIN,
    framing: 'length',
    saysEmpty: () => true,
  },
  {
    name: 'axios 1.7 on Node',
    first: ['Accept: application/json, text/plain, */*', 'User-Agent: axios/1.7.9'],
    last: ['Accept-Encoding: gzip, compress, deflate, br', 'Host: 127.0.0.1:3000', 'Connection: keep-alive'],
    types: { ...PLAIN, form: `${FORM};charset=utf-8`, none: FORM },
    framing: 'length',
    saysEmpty: ofPosts,
  },
  {
    name: 'axios 1.7 with a default Content-Type',
    first: ['Accept: application/json, text/plain, */*', 'User-Agent: axios/1.7.9'],
    last: ['Accept-Encoding: gzip, compress, deflate, br', 'Host: 127.0.0.1:3000', 'Connection: close'],
    types: { ...PLAIN, none: 'application/json' },
    framing: 'length',
    saysEmpty: ofPosts,
  },
  {
    name: 'fetch of Node',
    first: ['host: 127.0.0.1:3000', 'connection: keep-alive'],
    last: [
      'accept: */*',
      'accept-language: *',
      'sec-fetch-mode: cors',
      'user-agent: node',
      'accept-encoding: gzip, deflate',
    ],
    types: { ...PLAIN, text: 'text/plain;charset=UTF-8', form: `${FORM};charset=UTF-8` },
    framing: 'length',
    saysEmpty: ofPosts,
  },
  {
    name: '.NET 8 HttpClient with JsonContent',
    first: ['Host: 127.0.0.1:3000'],
    last: ['Transfer-Encoding: chunked'],
    types: { ...PLAIN, json: 'application/json; charset=utf-8', text: 'text/plain; charset=utf-8' },
    framing: 'chunks',
    saysEmpty: never,
  },
  {
    name: '.NET Framework 4.8 HttpClient with StringContent',
    first: [],
    last: ['Host: 127.0.0.1:3000', 'Expect: 100-continue', 'Connection: Keep-Alive'],
    types: {
      ...PLAIN,
      json: 'application/json; charset=utf-8',
      text: 'text/plain; charset=utf-8',
      none: 'text/plain; charset=utf-8',
    },
    framing: 'length',
    waits: true,
    saysEmpty: ofPosts,
  },
  {
    name: 'Go 1.22 net/http',
    first: ['Host: 127.0.0.1:3000', 'User-Agent: Go-http-client/1.1'],
    last: ['Accept-Encoding: gzip'],
    types: { ...PLAIN, none: 'application/json' },
    framing: 'length',
    saysEmpty: ofPosts,
  },
  {
    name: 'Java 17 HttpClient, which offers HTTP/2',
    first: [
      'Connection: Upgrade, HTTP2-Settings',
      'Host: 127.0.0.1:3000',
      'HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
      'Upgrade: h2c',
      'User-Agent: Java-http-client/17.0.12',
    ],
    last: [],
    types: PLAIN,
    framing: 'length',
    saysEmpty: ofPosts,
  },
  {
    name: 'Java HttpURLConnection',
    first: [],
    last: [
      'User-Agent: Java/17.0.12',
      'Host: 127.0.0.1:3000',
      'Accept: text/html, image/gif, image/jpeg, */*; q=0.2',
      'Connection: keep-alive',
    ],
    types: { ...PLAIN, none: FORM },
    framing: 'length',
    saysEmpty: ofPosts,
  },
  {
    name: 'Ruby Net::HTTP',
    first: [
      'Accept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3',
      'Accept: */*',
      'User-Agent: Ruby',
      'Host: 127.0.0.1:3000',
    ],
    last: ['Connection: close'],
    types: { ...PLAIN, none: FORM },
    framing: 'length',
    saysEmpty: ofPosts,
  },
  {
    name: 'PHP streams',
    first: ['Host: 127.0.0.1:3000', 'Connection: close'],
    last: [],
    types: PLAIN,
    framing: 'length',
    saysEmpty: never,
  },
];

/** A request as the program sends it: what it sends at once, and what it holds back until 100 (Continue). */
export function recordedRequest(
  client: RecordedClient,
  { method, path, authorization, payload, body = '' }: RecordedRequest,
): { readonly head: string; readonly held: string } {
  const isSent = payload !== 'none';
  const type = client.types[payload];
  // Only requests that may have a body have a type and framing.
  const isRead = method === 'GET';
  const bytes = isSent && client.framing === 'chunks' ? chunk(body) : body;
  const length = client.framing === 'chunks' ? [] : [`Content-Length: ${body.length}`];
  const noBody = client.saysEmpty(method) && !isRead ? ['Content-Length: 0'] : [];
  const frames = (line: string): boolean => isSent || !/^(Expect|Transfer-Encoding):/.test(line);
  const lines = [
    `${method} ${path} HTTP/1.1`,
    ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
    ...client.first.filter(frames),
    ...(type === undefined || isRead ? [] : [`Content-Type: ${type}`]),
    ...client.last.filter(frames),
    ...(isSent ? length : noBody),
  ];
  const head = `${lines.join('\r\n')}\r\n\r\n`;
  const held = isSent ? bytes : '';
  return client.waits ? { head, held } : { head: head + held, held: '' };
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization?: string | undefined;
  readonly payload: Payload;
  /** Latin-1. */
  readonly body?: string;
}

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
