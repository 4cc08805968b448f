import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ChannelCredentials,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { Controller, type ExecutionContext, Injectable, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  GrpcMethod,
  GrpcStreamMethod,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { from, map, type Observable, toArray } from 'rxjs';
import { CurrentToken, JwtAuthGuard, Public, RequireScopes } from '../../../../src/guard/index.js';
import { CapturedNestLog } from '../../../support/captured-nest-log.js';
import { freePort } from '../../../support/free-port.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../../support/temporary-directory.js';
import { REFUSALS, TransportTokens } from '../../../support/transport-tokens.js';

const PROTO = `
syntax = "proto3";
package logs;
service Logs {
  rpc Write (Line) returns (Line);
  rpc Tail (Line) returns (stream Line);
  rpc Upload (stream Line) returns (Line);
  rpc Ping (Line) returns (Line);
}
message Line { string text = 1; }
`;
const tokens = new TransportTokens();
const log = new CapturedNestLog();

/** The token is in the metadata `authorization`, as `Bearer` and the token. */
@Injectable()
class GrpcGuard extends JwtAuthGuard {
  protected override getRequest(context: ExecutionContext): object {
    return context.switchToRpc().getContext<Metadata>();
  }

  protected override tokenOf(metadata: object): string | undefined {
    if (!(metadata instanceof Metadata)) return undefined;
    const [authorization] = metadata.get('authorization');
    return this.verifier.readToken({ headers: { authorization } });
  }
}

interface Line {
  readonly text: string;
}

@Controller()
@UseGuards(GrpcGuard)
@RequireScopes('logs:write')
class LogsController {
  @GrpcMethod('Logs', 'Write')
  write(@Payload() { text }: Line, @CurrentToken('sub') sub: string): Line {
    return { text: `${text} of ${sub}` };
  }

  @GrpcMethod('Logs', 'Tail')
  tail({ text }: Line): Observable<Line> {
    return from([{ text }, { text }]);
  }

  @GrpcStreamMethod('Logs', 'Upload')
  upload(lines: Observable<Line>): Observable<Line> {
    return lines.pipe(
      toArray(),
      map((all) => ({ text: all.map(({ text }) => text).join('+') })),
    );
  }

  @GrpcMethod('Logs', 'Ping')
  @Public()
  ping(): Line {
    return { text: 'pong' };
  }
}

@Module({ imports: [tokens.auth], controllers: [LogsController] })
class LogsModule {}

type Reply = (error: ServiceError | null, line?: Line) => void;

/** The client that gRPC makes of the service. */
interface LogsClient {
  write(line: Line, metadata: Metadata, reply: Reply): void;
  ping(line: Line, metadata: Metadata, reply: Reply): void;
  upload(metadata: Metadata, reply: Reply): NodeJS.WritableStream & { write(line: Line): boolean };
  tail(line: Line, metadata: Metadata): NodeJS.ReadableStream;
  close(): void;
}

/** The text of a response, or the status and details of an error. */
type Outcome = string | { readonly code: number | undefined; readonly details: string };

const outcomeOf = (error: Error): Outcome => {
  const { code, details } = error as ServiceError;
  return { code, details };
};
const STATUS: Readonly<Record<number, number>> = { 401: 16, 403: 7, 503: 14 };

describe('JwtAuthGuard in a gRPC service', () => {
  let app: Awaited<ReturnType<typeof NestFactory.createMicroservice>>;
  let client: LogsClient;
  beforeAll(async () => {
    const protoPath = join(temporaryDirectory(), 'logs.proto');
    writeFileSync(protoPath, PROTO);
    const url = `127.0.0.1:${await freePort()}`;
    app = await NestFactory.createMicroservice<MicroserviceOptions>(LogsModule, {
      transport: Transport.GRPC,
      options: { package: 'logs', protoPath, url },
      logger: log,
    });
    await app.listen();
    const { logs } = loadPackageDefinition(loadSync(protoPath));
    const { Logs } = logs as unknown as {
      Logs: new (url: string, credentials: ChannelCredentials) => LogsClient;
    };
    client = new Logs(url, credentials.createInsecure());
  });
  afterAll(async () => {
    client.close();
    await app.close();
    removeTemporaryDirectories();
  });

  const bearing = (token?: string): Metadata => {
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    return metadata;
  };
  const unary = (call: (reply: Reply) => void): Promise<Outcome> =>
    new Promise((resolve) => {
      call((error, line) => {
        resolve(error ? outcomeOf(error) : (line?.text ?? ''));
      });
    });
  const streamed = async (stream: NodeJS.ReadableStream): Promise<Outcome[]> => {
    const received: Outcome[] = [];
    try {
      for await (const line of stream as AsyncIterable<unknown>) received.push((line as Line).text);
    } catch (error) {
      received.push(outcomeOf(error as Error));
    }
    return received;
  };

  it.each(REFUSALS)('refuses: %s', async (presented, status, body) => {
    log.clear();
    const token = await tokens.token(presented);
    const outcome = await unary((reply) => client.write({ text: 'hello' }, bearing(token), reply));
    const { error, code } = body as Record<string, string>;
    expect(outcome).toEqual({
      code: STATUS[status],
      details: expect.stringMatching(new RegExp(`^${error} \\(${code}\\)(?:: .+\\.)?$`)),
    });
    expect(log.warnings).toContain(`LogsController.write refused a request (rpc): ${error} (${code})`);
  });

  it('names the scope that the token lacks', async () => {
    const metadata = bearing(await tokens.token('otherScope'));
    expect(await unary((reply) => client.write({ text: 'hello' }, metadata, reply))).toEqual({
      code: 7,
      details: 'Insufficient scope (insufficient_scope): The token needs the scope logs:write.',
    });
  });

  it('accepts a valid token and passes its claims', async () => {
    const metadata = bearing(await tokens.valid());
    expect(await unary((reply) => client.write({ text: 'hello' }, metadata, reply))).toBe(
      'hello of a-client',
    );
  });

  it('accepts public calls without a token', async () => {
    expect(await unary((reply) => client.ping({ text: '' }, bearing(), reply))).toBe('pong');
  });

  it('guards streams of the server and of the client', async () => {
    const refused = { code: 16, details: 'Missing bearer token (missing_token)' };
    const upload = (metadata: Metadata): Promise<Outcome> =>
      unary((reply) => {
        const call = client.upload(metadata, reply);
        call.write({ text: 'one' });
        call.write({ text: 'two' });
        call.end();
      });
    expect(await streamed(client.tail({ text: 'line' }, bearing()))).toEqual([refused]);
    expect(await upload(bearing())).toEqual(refused);
    const metadata = bearing(await tokens.valid());
    expect(await streamed(client.tail({ text: 'line' }, metadata))).toEqual(['line', 'line']);
    expect(await upload(metadata)).toBe('one+two');
  });
});
