import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { TestIssuer } from '../../../src/testing/index.js';
import {
  type BuiltService,
  commandLine,
  makeClient,
  ROOT,
  SERVICE_SECRET,
  startService,
} from '../../support/built-service.js';
import { ExampleApp, expectRefused, LOG_LINE, stopWithoutTokens } from '../../support/example-app.js';
import { freePort } from '../../support/free-port.js';
import {
  basicHeaders,
  bearerHeaders,
  type Credentials,
  json,
  type ReceivedResponse,
  request,
} from '../../support/http-request.js';
import { within } from '../../support/program.js';
import { shapeOf } from '../../support/shape-of.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { until } from '../../support/until.js';

const SHARED_SECRET = { JWT_SECRET_KEY: SERVICE_SECRET, TOKEN_ENDPOINT_AUTH: 'none' };

let folders: Readonly<Record<'logging' | 'careergpt', string>>;
const startLogging = (environment: NodeJS.ProcessEnv): Promise<ExampleApp> =>
  ExampleApp.start(folders.logging, environment);
const startCareergpt = (environment: NodeJS.ProcessEnv): Promise<ExampleApp> =>
  ExampleApp.start(folders.careergpt, environment);

beforeAll(() => {
  folders = { logging: ExampleApp.build('logging-backend'), careergpt: ExampleApp.build('careergpt') };
}, 300_000);

/** The original's way: a token from POST /token, with a client or without. */
async function issue(service: BuiltService, body: object = {}, client?: Credentials): Promise<string> {
  const asked = { sub: 'careergpt', aud: 'logging-service', ...body };
  const response = await request(`${service.url}/token`, json(asked, client && basicHeaders(client)));
  if (response.status !== 200) throw new Error(`No token: ${response.status} ${response.text}`);
  return String(response.body['token']);
}

const writeLog = ({ url }: ExampleApp, token: string): Promise<ReceivedResponse> =>
  request(`${url}/log`, json(LOG_LINE, bearerHeaders(token)));

/** The original's two flows, by hand and by careergpt. */
async function expectBothFlows(logging: ExampleApp, careergpt: ExampleApp, token: string): Promise<void> {
  expect(await writeLog(logging, token)).toMatchObject({ status: 201, body: { status: 'logged' } });
  const read = await request(`${logging.url}/logs`, { headers: bearerHeaders(token) });
  const newest = { ...LOG_LINE, written_by: 'careergpt' };
  expect(read).toMatchObject({ status: 200, body: { logs: [newest] } });

  const advised = await request(`${careergpt.url}/advice`, json({ question: 'What next?' }));
  expect(advised).toMatchObject({ status: 201, body: { logged: true } });
  const activity = await request(`${careergpt.url}/activity`);
  expect(activity.status).toBe(200);
  const logs = activity.body['logs'] as readonly { readonly message: string }[];
  expect(logs.slice(0, 2).map(({ message }) => message)).toEqual(['Gave advice', LOG_LINE.message]);
}

/** The service with ES256 alone and no shared secret anywhere, and a registered client. */
async function startWithoutSecret(): Promise<{ service: BuiltService; client: Credentials }> {
  const port = await freePort();
  const environment = {
    JWT_ALGORITHM: 'ES256',
    JWT_SECRET_KEY: '',
    JWT_ISSUER: `http://127.0.0.1:${port}`,
    PORT: String(port),
    TOKEN_ENDPOINT_AUTH: 'required',
  };
  const cwd = temporaryDirectory();
  const audiences = ['--audience', 'logging-service', '--audience', 'billing'];
  const client = await makeClient(cwd, environment, 'careergpt', ...audiences);
  return { service: await startService(environment, { cwd }), client };
}

describe('with the shared secret', () => {
  it('the two flows of the original work, and the fingerprints of the two services are equal', async () => {
    const service = await startService(SHARED_SECRET);
    const logging = await startLogging({ JWT_SECRET_KEY: SERVICE_SECRET });
    const careergpt = await startCareergpt({ IDENTITY_URL: service.url, LOGGING_URL: logging.url });
    await expectBothFlows(logging, careergpt, await issue(service));

    const [ours, theirs] = await Promise.all(
      [service, logging].map(async ({ url }) => (await request(`${url}/debug-env?nonce=check-1`)).body),
    );
    const fingerprint = expect.stringMatching(/^[0-9a-f]{16}$/) as unknown;
    expect(ours?.['JWT_SECRET_KEY']).toMatchObject({ fingerprint });
    expect(theirs).toMatchObject({
      JWT_SECRET_KEY: {
        fingerprint: (ours?.['JWT_SECRET_KEY'] as { fingerprint: string }).fingerprint,
      },
      JWT_ISSUER: ours?.['JWT_ISSUER'],
    });
    const doctor = commandLine(['doctor', '--peer', logging.url], {
      cwd: service.cwd,
      environment: SHARED_SECRET,
    });
    expect([await within(doctor.ended, 'doctor'), doctor.text]).toEqual([0, expect.anything()]);
    expect(doctor.text).toMatch(/^ok +The peer has the same shared secret$/m);
    expect(doctor.text).toMatch(/^ok +The peer has the same JWT_ISSUER$/m);
    await stopWithoutTokens(careergpt, logging, service);
  });

  it('careergpt responds with logged: false while the log or the issuer is unavailable', async () => {
    const unavailable = `http://127.0.0.1:${await freePort()}`;
    const service = await startService(SHARED_SECRET);
    const apps = [
      await startCareergpt({ IDENTITY_URL: service.url, LOGGING_URL: unavailable }),
      await startCareergpt({ IDENTITY_URL: unavailable, LOGGING_URL: unavailable }),
    ];
    for (const { url } of apps) {
      const advised = await request(`${url}/advice`, json({ question: 'What next?' }));
      expect(advised).toMatchObject({ status: 201, body: { logged: false } });
      expect((await request(`${url}/activity`)).status).toBe(502);
      expect((await request(`${url}/advice`, json({}))).status).toBe(400);
    }
    await stopWithoutTokens(...apps, service);
  });

  it('the commands of docs/send-tokens.md print what the page shows', async () => {
    const service = await startService(SHARED_SECRET);
    const logging = await startLogging({ JWT_SECRET_KEY: SERVICE_SECRET });
    const page = readFileSync(join(ROOT, 'docs/send-tokens.md'), 'utf8');
    const blocks = [
      ...page.matchAll(/^```bash run-flow\n(?<script>.*?)^```$\n\n```json\n(?<response>.*?)^```$/gms),
    ];
    expect(blocks).toHaveLength(2);
    for (const { groups } of blocks) {
      const script = (groups?.['script'] ?? '')
        .replaceAll('http://127.0.0.1:3000', service.url)
        .replaceAll('http://127.0.0.1:4000', logging.url);
      const output = execFileSync('bash', ['-euo', 'pipefail', '-c', script], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { PATH: process.env['PATH'], NO_PROXY: '127.0.0.1' },
      });
      expect(firstShapes(output, /\n/)).toEqual(firstShapes(groups?.['response'] ?? '', /\n(?=\{)/));
    }
    await stopWithoutTokens(logging, service);
  });
});

/** The shapes of several JSON texts; of a list, that of its first item. */
function firstShapes(text: string, separator: RegExp): readonly unknown[] {
  const firstOnly = (_name: string, value: unknown): unknown =>
    Array.isArray(value) ? value.slice(0, 1) : value;
  return text
    .trim()
    .split(separator)
    .map((each) => shapeOf(JSON.parse(each, firstOnly)));
}

describe('with ES256 and no shared secret', () => {
  it('the two flows of the original work with the keys from the metadata', async () => {
    const { service, client } = await startWithoutSecret();
    const logging = await startLogging({ JWT_ISSUER: service.url });
    const careergpt = await startCareergpt({
      IDENTITY_URL: service.url,
      IDENTITY_CLIENT_ID: client.id,
      IDENTITY_CLIENT_SECRET: client.secret,
      LOGGING_URL: logging.url,
    });
    const token = await issue(service, {}, client);
    await expectBothFlows(logging, careergpt, token);
    const { body } = await request(`${logging.url}/debug-env`);
    expect(body['JWT_SECRET_KEY']).toEqual({ set: false });
    await service.stop();
    // It still has the keys while the issuer is unavailable.
    expect((await writeLog(logging, token)).status).toBe(201);
    await stopWithoutTokens(careergpt, logging, service);
  });

  it('logging-backend rejects tokens for another audience, by another key, and expired ones', async () => {
    const { service, client } = await startWithoutSecret();
    const logging = await startLogging({ JWT_ISSUER: service.url });
    const other = await issue(service, { aud: 'billing' }, client);
    await expectRefused(logging, other, 'Invalid audience', 'invalid_audience');
    const options = { issuer: service.url, audience: 'logging-service' };
    for (const foreign of [new TestIssuer(options), new TestIssuer({ ...options, algorithm: 'HS256' })]) {
      await expectRefused(logging, await foreign.token(), 'Invalid signature', 'invalid_signature');
    }
    const short = await issue(service, { expires_in: 1 }, client);
    const status = async (): Promise<number> =>
      (await request(`${logging.url}/logs`, { headers: bearerHeaders(short) })).status;
    await until(async () => (await status()) === 401, 10_000, 'the token expires');
    await expectRefused(logging, short, 'Token expired', 'token_expired');
    await stopWithoutTokens(logging, service);
  });

  it('logging-backend reads keys from JWT_JWKS_URI, and rejects another issuer', async () => {
    const { service, client } = await startWithoutSecret();
    const jwks = { JWT_JWKS_URI: `${service.url}/.well-known/jwks.json` };
    const token = await issue(service, {}, client);
    const logging = await startLogging({ ...jwks, JWT_ISSUER: service.url, JWT_ALGORITHM: 'ES256' });
    expect((await writeLog(logging, token)).status).toBe(201);
    const other = await startLogging({ ...jwks, JWT_ISSUER: 'https://another.example' });
    await expectRefused(other, token, 'Invalid issuer', 'invalid_issuer');
    await stopWithoutTokens(other, logging, service);
  });
});
