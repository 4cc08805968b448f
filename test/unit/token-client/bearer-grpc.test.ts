import {
  type Client,
  credentials,
  type Interceptor,
  InterceptingCall,
  makeGenericClientConstructor,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NumberedTokens } from '../../support/numbered-tokens.js';

const LOGS = { audience: 'logging-service' };

const method = (path: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/logs.Logs/${path}`,
  requestStream,
  responseStream,
  requestSerialize: (text: string) => Buffer.from(text),
  requestDeserialize: (bytes: Buffer) => bytes.toString(),
  responseSerialize: (text: string) => Buffer.from(text),
  responseDeserialize: (bytes: Buffer) => bytes.toString(),
});
const LogsService = {
  Write: method('Write', false, false),
  Upload: method('Upload', true, false),
  Read: method('Read', false, true),
  Follow: method('Follow', true, true),
} satisfies ServiceDefinition;
const LogsClient = makeGenericClientConstructor(LogsService, 'Logs');

interface Stream {
  on(event: 'data', listener: (text: string) => void): Stream;
  on(event: 'error', listener: (error: ServiceError) => void): Stream;
  on(event: 'end', listener: () => void): Stream;
  write(text: string): void;
  end(): void;
  cancel(): void;
}
type Callback = (error: ServiceError | null, text?: string) => void;
interface Logs extends Client {
  Write(text: string, metadata: Metadata, options: object, callback: Callback): { cancel(): void };
  Upload(callback: Callback): Stream;
  Read(text: string): Stream;
  Follow(): Stream;
}

let server: Server;
let tokens: NumberedTokens;
let client: Logs;
let refused: readonly string[] | 'all';
let received: (string | undefined)[];

/** The token of a call, and the error if it is refused. */
function check(metadata: Metadata): { error: Partial<ServiceError> | null; token: string } {
  const header = String(metadata.get('authorization')[0]);
  received.push(metadata.get('authorization').length === 1 ? header : undefined);
  const token = header.replace(/^Bearer /, '');
  const isRefused = refused === 'all' || refused.includes(token);
  return { error: isRefused ? { code: status.UNAUTHENTICATED, details: 'expired' } : null, token };
}

const implementation: UntypedServiceImplementation = {
  Write: ((call: { metadata: Metadata; request: string }, callback: Callback) => {
    const { error, token } = check(call.metadata);
    callback(error as ServiceError | null, `${call.request} ${token}`);
  }) as never,
  Upload: ((call: { metadata: Metadata } & Stream, callback: Callback) => {
    const { error, token } = check(call.metadata);
    const texts: string[] = [];
    call.on('data', (text) => void texts.push(text));
    call.on('end', () => callback(error as ServiceError | null, `${texts.join()} ${token}`));
  }) as never,
  Read: ((call: {
    metadata: Metadata;
    request: string;
    write(text: string): void;
    end(): void;
    emit(event: string, error: unknown): void;
  }) => {
    const { error, token } = check(call.metadata);
    if (error && call.request !== 'late') {
      call.emit('error', error);
      return;
    }
    for (let index = 0; index < 3; index++) call.write(`${call.request} ${token} ${index}`);
    if (error) {
      call.emit('error', error);
      return;
    }
    call.end();
  }) as never,
  Follow: ((
    call: { metadata: Metadata; write(text: string): void } & Stream & { emit(e: string, x: unknown): void },
  ) => {
    const { error, token } = check(call.metadata);
    if (error) {
      call.emit('error', error);
      return;
    }
    call.on('data', (text) => call.write(`${text} ${token}`));
    call.on('end', () => call.end());
  }) as never,
};

async function connect(...interceptors: Interceptor[]): Promise<Logs> {
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const all = { interceptors: [...interceptors, tokens.client.grpcInterceptor(LOGS)] };
  return new LogsClient(`127.0.0.1:${port}`, credentials.createInsecure(), all) as unknown as Logs;
}

beforeEach(async () => {
  server = new Server();
  server.addService(LogsService, implementation);
  tokens = new NumberedTokens();
  refused = [];
  received = [];
  client = await connect();
});
afterEach(() => {
  client.close();
  server.forceShutdown();
});

type Outcome = string | ServiceError | undefined;

const write = (text: string, metadata = new Metadata(), options = {}): Promise<Outcome> =>
  new Promise((resolve) => client.Write(text, metadata, options, (error, reply) => resolve(error ?? reply)));

const outcomeOf = (stream: Stream): Promise<readonly Outcome[]> =>
  new Promise((resolve) => {
    const seen: Outcome[] = [];
    stream.on('data', (text) => void seen.push(text));
    stream.on('error', (error) => resolve([...seen, error]));
    stream.on('end', () => resolve(seen));
  });

describe('grpcInterceptor', () => {
  it('sends the token, and leaves the metadata of the caller unchanged', async () => {
    const metadata = new Metadata();
    metadata.set('authorization', 'Basic x');
    expect(await write('a', metadata)).toBe('a token-1');
    expect([received, metadata.get('authorization')]).toEqual([['Bearer token-1'], ['Basic x']]);
  });

  it('sends the token of every kind of call', async () => {
    expect(await outcomeOf(client.Read('a'))).toEqual(['a token-1 0', 'a token-1 1', 'a token-1 2']);
    const uploaded = new Promise((resolve) => {
      const stream = client.Upload((error, text) => resolve(error ?? text));
      for (const text of ['a', 'b', 'c']) stream.write(text);
      stream.end();
    });
    expect(await uploaded).toBe('a,b,c token-1');
    const stream = client.Follow();
    const followed = outcomeOf(stream);
    stream.write('a');
    stream.write('b');
    stream.end();
    expect(await followed).toEqual(['a token-1', 'b token-1']);
  });

  it('uses one token for concurrent calls', async () => {
    await Promise.all(Array.from({ length: 20 }, () => write('a')));
    expect([tokens.issued, received.length]).toEqual([1, 20]);
  });

  it('ends with UNAVAILABLE if there is no token, and sends nothing', async () => {
    tokens.isAvailable = false;
    const expected = {
      code: status.UNAVAILABLE,
      details: 'No token: https://issuer.example/oauth2/token: ECONNREFUSED',
      cause: { name: 'TokenUnavailableError', code: 'issuer_unreachable' },
    };
    expect(await write('a')).toMatchObject(expected);
    expect(await outcomeOf(client.Read('a'))).toMatchObject([expected]);
    expect(received).toEqual([]);
  });

  it('works with interceptors before it', async () => {
    client.close();
    const around: Interceptor = (options, next) => new InterceptingCall(next(options));
    client = await connect(around);
    refused = ['token-1'];
    expect(await write('a')).toBe('a token-2');
  });

  it('passes on a cancellation before there is a token', async () => {
    const outcome = new Promise((resolve) => {
      client.Write('a', new Metadata(), {}, resolve).cancel();
    });
    expect(await outcome).toMatchObject({ code: status.CANCELLED });
    expect(await write('b')).toBe('b token-1');
    expect(received).toHaveLength(1);
  });

  it('passes on a cancellation of a call in progress', async () => {
    const stream = client.Follow();
    const outcome = outcomeOf(stream);
    stream.on('data', () => stream.cancel());
    stream.write('a');
    expect(await outcome).toMatchObject(['a token-1', { code: status.CANCELLED }]);
  });

  it('keeps the deadline of a call', async () => {
    expect(await write('a', new Metadata(), { deadline: new Date(0) })).toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
  });
});

describe('grpcInterceptor after UNAUTHENTICATED', () => {
  it('sends a unary call once more with a new token', async () => {
    refused = ['token-1'];
    expect(await write('a')).toBe('a token-2');
    expect(received).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('sends a call with a response stream once more', async () => {
    refused = ['token-1'];
    expect(await outcomeOf(client.Read('a'))).toEqual(['a token-2 0', 'a token-2 1', 'a token-2 2']);
    expect(received).toHaveLength(2);
  });

  it('returns the second refusal', async () => {
    refused = 'all';
    expect(await write('a')).toMatchObject({ code: status.UNAUTHENTICATED, details: 'expired' });
    expect(received).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('requests no third token for 30 seconds', async () => {
    refused = 'all';
    await write('a');
    await write('a');
    expect(tokens.issued).toBe(2);
    tokens.clock.advance(30);
    await write('a');
    expect(tokens.issued).toBe(3);
  });

  it('requests one new token for concurrent calls', async () => {
    await write('a');
    refused = ['token-1'];
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => write('a')));
    expect([new Set(outcomes), tokens.issued]).toEqual([new Set(['a token-2']), 2]);
  });

  it('does not send a request stream again, but drops the token', async () => {
    refused = ['token-1'];
    const stream = client.Follow();
    expect(await outcomeOf(stream)).toMatchObject([{ code: status.UNAUTHENTICATED }]);
    expect(await write('a')).toBe('a token-2');
    expect(received).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('does not send a call again whose response has begun', async () => {
    refused = ['token-1'];
    expect(await outcomeOf(client.Read('late'))).toMatchObject([
      'late token-1 0',
      'late token-1 1',
      'late token-1 2',
      { code: status.UNAUTHENTICATED },
    ]);
    expect(received).toHaveLength(1);
  });

  it('returns the refusal if the issuer is unavailable', async () => {
    await write('a');
    refused = 'all';
    tokens.isAvailable = false;
    const outcome = await write('a');
    expect(outcome).toMatchObject({ code: status.UNAUTHENTICATED, details: 'expired' });
    expect(JSON.stringify(outcome) + String((outcome as ServiceError).stack)).not.toMatch(/token-\d/);
  });
});
