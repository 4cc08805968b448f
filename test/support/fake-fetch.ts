import type { Fetch } from '../../src/http-client/fetch-json.js';

/** A request that was sent. */
export interface SentRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string;
  readonly init: RequestInit;
}

type FakeResponse = Response | Promise<Response>;

/** Replaces `fetch`: records the requests, and responds as the test says. */
export class FakeFetch {
  readonly sent: SentRequest[] = [];

  /** @param answer may be replaced during a test; may throw, as `fetch` does if there is no response */
  constructor(public answer: (request: SentRequest) => FakeResponse = () => json({})) {}

  get last(): SentRequest {
    const last = this.sent.at(-1);
    if (!last) throw new Error('Nothing was sent');
    return last;
  }

  readonly fetch: Fetch = async (input, init = {}) => {
    const request = new Request(input, init);
    const sent = {
      url: request.url,
      method: request.method,
      headers: request.headers,
      body: await request.text(),
      init,
    };
    this.sent.push(sent);
    return this.answer(sent);
  };
}

/** A response with a JSON body. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** Throws what `fetch` throws if nothing listens. */
export function connectionRefused(): never {
  throw new TypeError('fetch failed', {
    cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
  });
}

/** A response that the test gives later. */
export class LateResponse {
  readonly promise: Promise<Response>;
  give: (response: Response) => void = () => undefined;
  fail: (cause: Error) => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.give = resolve;
      this.fail = reject;
    });
  }
}
