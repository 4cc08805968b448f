import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { assertionParameters, makeAssertion, makeClientKey } from '../../support/client-assertion.js';
import { basic, makeClient, type TestClient } from '../../support/clients.js';
import { type ServiceResponse, RunningApp } from '../../support/running-app.js';

/** The failures allowed for one IP address with one client ID. */
const MOST = 3;

const SETTINGS = { authFailureMax: MOST, trustedProxies: ['127.0.0.1'] };

interface Clients {
  readonly worker: TestClient;
  readonly other: TestClient;
}

let service: RunningApp;
let worker: TestClient;
let other: TestClient;
/** An IP address from which no test has failed before. */
let address: string;
let addresses = 0;
const nextAddress = (): string => `192.0.2.${++addresses}`;

async function makeClients(of: RunningApp): Promise<Clients> {
  const members = { audiences: ['a'], may_act_for: ['user-*'] };
  return { worker: await makeClient(of, 'worker', members), other: await makeClient(of, 'other', members) };
}

beforeAll(async () => {
  service = await RunningApp.start(SETTINGS);
  ({ worker, other } = await makeClients(service));
});
beforeEach(() => {
  address = nextAddress();
});
afterAll(() => service.stop());

type Route = '/token' | '/oauth2/token';
const ROUTES: Route[] = ['/token', '/oauth2/token'];

/** @param from the IP address that the trusted proxy forwards */
function attempt(
  route: Route,
  authorization: string,
  from = address,
  at: RunningApp = service,
): Promise<ServiceResponse> {
  const headers = { authorization, 'x-forwarded-for': from };
  return route === '/token'
    ? at.post('/token', { sub: 'user-1', aud: 'a' }, headers)
    : at.form('/oauth2/token', 'grant_type=client_credentials', headers);
}

async function statuses(count: number, ask: (index: number) => Promise<ServiceResponse>): Promise<number[]> {
  const found: number[] = [];
  for (let index = 0; index < count; index++) found.push((await ask(index)).status);
  return found;
}

const wrong = (id = 'worker'): string => basic(id, 'wrong');
const refused = (count: number): number[] => Array.from({ length: count }, () => 401);

describe.each(ROUTES)('failed authentications at %s', (route) => {
  it('are limited per IP address and client ID: then even the right secret gets 429', async () => {
    expect(await statuses(MOST, () => attempt(route, wrong()))).toEqual(refused(MOST));
    for (const authorization of [wrong(), worker.authorization]) {
      const { status, headers } = await attempt(route, authorization);
      expect({ status, after: headers.get('retry-after') }).toEqual({ status: 429, after: '60' });
    }
  });

  it('are forgotten a minute after the first', async () => {
    await attempt(route, wrong());
    service.clock.advance(20.5);
    await statuses(MOST - 1, () => attempt(route, wrong()));
    expect((await attempt(route, wrong())).headers.get('retry-after')).toBe('40');
    service.clock.advance(39.499);
    expect((await attempt(route, worker.authorization)).headers.get('retry-after')).toBe('1');
    service.clock.advance(0.001);
    expect((await attempt(route, worker.authorization)).status).toBe(200);
    expect(await statuses(MOST, () => attempt(route, wrong()))).toEqual(refused(MOST));
    expect((await attempt(route, wrong())).status).toBe(429);
  });

  it('do not affect other clients at the same IP address', async () => {
    await statuses(MOST + 1, () => attempt(route, wrong()));
    expect((await attempt(route, other.authorization)).status).toBe(200);
    expect((await attempt(route, wrong('nobody'))).status).toBe(401);
  });

  it('do not affect the client at other IP addresses', async () => {
    await statuses(MOST + 1, () => attempt(route, wrong()));
    for (const from of [nextAddress(), '2001:db8::1', '127.0.0.1'])
      expect((await attempt(route, worker.authorization, from)).status).toBe(200);
    expect((await attempt(route, worker.authorization)).status).toBe(429);
  });

  it('are counted without the successful ones', async () => {
    expect(await statuses(MOST * 3, () => attempt(route, worker.authorization))).not.toContain(429);
    await statuses(MOST - 1, () => attempt(route, wrong()));
    expect((await attempt(route, worker.authorization)).status).toBe(200);
  });

  it('are counted for unknown clients and malformed headers too', async () => {
    for (const authorization of [wrong('nobody'), 'Basic !'])
      expect(await statuses(MOST + 1, () => attempt(route, authorization))).toEqual([...refused(MOST), 429]);
  });

  it('are limited per IP address to ten times as many; valid credentials still pass', async () => {
    const most = MOST * 10;
    const tried = await statuses(most, (index) => attempt(route, wrong(`client-${index}`)));
    expect(tried).toEqual(refused(most));
    for (const authorization of [wrong('nobody'), wrong('worker'), 'Basic !']) {
      const { status, headers } = await attempt(route, authorization);
      expect({ status, after: headers.get('retry-after') }).toEqual({ status: 429, after: '60' });
    }
    for (const { authorization } of [other, worker])
      expect((await attempt(route, authorization)).status).toBe(200);
    expect((await attempt(route, wrong(), nextAddress())).status).toBe(401);
    service.clock.advance(60);
    expect((await attempt(route, wrong())).status).toBe(401);
  });

  it('at an IP address over its limit still count for the client: its right secret gets 429', async () => {
    await statuses(MOST * 10, (index) => attempt(route, wrong(`client-${index}`)));
    await statuses(MOST - 1, () => attempt(route, wrong()));
    expect((await attempt(route, worker.authorization)).status).toBe(200);
    await attempt(route, wrong());
    expect((await attempt(route, worker.authorization)).status).toBe(429);
    expect((await attempt(route, other.authorization)).status).toBe(200);
  });

  it('are counted per IP address, in any notation and with any port', async () => {
    const spellings = (index: number): string => {
      const octets = address.split('.').map(Number);
      const hex = octets.map((octet) => octet.toString(16).padStart(2, '0'));
      return (
        [
          `${address}:${4711 + index}`,
          `::ffff:${address}`,
          `[::FFFF:${hex.slice(0, 2).join('')}:${hex.slice(2).join('')}]:${4711 + index}`,
          `0:0:0:0:0:ffff:${address}%eth${index}`,
        ][index % 4] ?? ''
      );
    };
    const found = await statuses(MOST + 4, (index) => attempt(route, wrong(), spellings(index)));
    expect(found).toEqual([...refused(MOST), 429, 429, 429, 429]);
    expect((await attempt(route, worker.authorization)).status).toBe(429);
    expect((await attempt(route, worker.authorization, `${nextAddress()}:80`)).status).toBe(200);
  });

  it('are counted per /64 of IPv6, with or without a port', async () => {
    const network = `2001:db8:${addresses.toString(16)}:${route.length.toString(16)}`;
    const from = (index: number): string =>
      [`[${network}::${index}]:443`, `${network}:0:0:0:${index}`][index % 2] ?? '';
    const found = await statuses(MOST + 2, (index) => attempt(route, wrong(), from(index)));
    expect(found).toEqual([...refused(MOST), 429, 429]);
    expect((await attempt(route, worker.authorization, `[2fff${network.slice(4)}::9]:443`)).status).toBe(200);
  });

  it('are counted for the proxy if the forwarded IP address is malformed', async () => {
    const own = await RunningApp.start(SETTINGS);
    const clients = await makeClients(own);
    const names = ['unknown', '_a', 'x:1', '1.2.3.04', '', 'a'.repeat(5_000), '203.0.113.5:99999', '[::1'];
    const found = await statuses(names.length, (index) => attempt(route, wrong(), names[index], own));
    expect(found).toEqual([...refused(MOST), ...names.slice(MOST).map(() => 429)]);
    expect((await attempt(route, clients.worker.authorization, '127.0.0.1', own)).status).toBe(429);
    expect((await attempt(route, clients.worker.authorization, '203.0.113.5', own)).status).toBe(200);
    await own.stop();
  });

  it('do not exceed the limit if many requests arrive at once', async () => {
    const responses = await Promise.all(Array.from({ length: 20 }, () => attempt(route, wrong())));
    const found = responses.map(({ status }) => status);
    expect(found.filter((status) => status === 401)).toHaveLength(MOST);
    expect(found.filter((status) => status === 429)).toHaveLength(20 - MOST);
  });
});

describe('failed authentications', () => {
  it('are counted together over all routes', async () => {
    expect(await statuses(MOST, (index) => attempt(ROUTES[index % 2] ?? '/token', wrong()))).toEqual(
      refused(MOST),
    );
    for (const route of ROUTES) expect((await attempt(route, worker.authorization)).status).toBe(429);
  });

  it('return 429 in the error format of each route, with Retry-After', async () => {
    await statuses(MOST, () => attempt('/token', wrong()));
    const json = await attempt('/token', wrong());
    expect(json.body).toEqual({ error: expect.any(String), code: 'too_many_requests' });
    const form = await attempt('/oauth2/token', wrong());
    expect(form.body).toEqual({ error: 'too_many_requests', error_description: expect.any(String) });
    for (const { headers } of [json, form]) {
      expect(headers.get('retry-after')).toBe('60');
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  it('do not affect requests without credentials, such as POST /verify', async () => {
    await statuses(MOST * 10 + 1, (index) => attempt('/token', wrong(`client-${index}`)));
    const headers = { 'x-forwarded-for': address };
    expect((await service.post('/token', { sub: 'a', aud: 'b' }, headers)).status).toBe(200);
    expect((await service.post('/verify', { token: 'a.b.c', aud: 'b' }, headers)).status).toBe(401);
    expect((await service.get('/ping', headers)).status).toBe(200);
  });

  it('are unlimited if the limit is 0', async () => {
    const unlimited = await RunningApp.start({ ...SETTINGS, authFailureMax: 0 });
    const clients = await makeClients(unlimited);
    expect(await statuses(150, () => attempt('/token', wrong(), address, unlimited))).toEqual(refused(150));
    expect((await attempt('/token', clients.worker.authorization, address, unlimited)).status).toBe(200);
    await unlimited.stop();
  });

  it('are counted per IP address of the connection if no proxy is trusted', async () => {
    const direct = await RunningApp.start({ ...SETTINGS, trustedProxies: [] });
    const clients = await makeClients(direct);
    await statuses(MOST, () => attempt('/token', wrong(), nextAddress(), direct));
    const { authorization } = clients.worker;
    expect((await attempt('/token', authorization, nextAddress(), direct)).status).toBe(429);
    await direct.stop();
  });

  it('are counted per rightmost forwarded IP address that is not a trusted proxy', async () => {
    const forwarded = (mine: string): Promise<ServiceResponse> =>
      attempt('/token', wrong(), `${mine}, ${address}`);
    expect(await statuses(MOST + 1, (index) => forwarded(`203.0.113.${index}`))).toEqual([
      ...refused(MOST),
      429,
    ]);
  });

  it('are audited and logged with the full IP address in canonical form', async () => {
    service.captured.clear();
    await attempt('/token', wrong(), '[2001:DB8:0:0:0:0:AB:1%eth0]:4711');
    const lines = service.captured.lines.filter(({ event }) => event === 'authentication.failed');
    expect(lines).toEqual([expect.objectContaining({ address: '2001:db8::ab:1', client_id: 'worker' })]);
    await service.get('/ping');
    expect(service.captured.lines).toContainEqual(
      expect.objectContaining({ msg: 'answered', route: '/token', address: '2001:db8::ab:1' }),
    );
  });

  it('limit assertions too: an IP address over its limit gets ten verified, valid ones included', async () => {
    const key = makeClientKey('ES256');
    const own = await RunningApp.start({ ...SETTINGS, authFailureMax: 1 });
    await makeClient(own, 'signer', { audiences: ['a'], jwks: { keys: [key.jwk] } });
    const grant = (): Promise<ServiceResponse> =>
      own.form(
        '/oauth2/token',
        { grant_type: 'client_credentials', ...assertionParameters(makeAssertion(key, 'signer')) },
        { 'x-forwarded-for': address },
      );
    for (let index = 0; index < 11; index++)
      await attempt('/oauth2/token', wrong(`client-${index}`), address, own);
    expect(await statuses(12, grant)).toEqual([...Array.from({ length: 10 }, () => 200), 429, 429]);
    await own.stop();
  });
});
