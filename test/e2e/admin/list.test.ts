import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Administrator, makeClient } from '../../support/clients.js';
import { RunningApp } from '../../support/running-app.js';

const NUMBERED = Array.from({ length: 250 }, (_, index) => `client-${String(index).padStart(3, '0')}`);
/** In the order of the list, by code unit. */
const ALL = [...NUMBERED, 'Z-comes-first', 'admin'].sort();

let service: RunningApp;
let admin: Administrator;
beforeAll(async () => {
  service = await RunningApp.start();
  admin = await Administrator.of(service);
  // In reverse, so that the order of the list is not that of registration.
  for (const id of ['Z-comes-first', ...NUMBERED.toReversed()]) await makeClient(service, id);
});
afterAll(() => service.stop());

interface Page {
  readonly ids: readonly string[];
  readonly next: unknown;
}

async function page(query = ''): Promise<Page> {
  const { status, body, text } = await admin.list(query);
  if (status !== 200) throw new Error(text);
  const clients = body['clients'] as { client_id: string }[];
  return { ids: clients.map(({ client_id }) => client_id), next: body['next'] };
}

describe('GET /admin/clients', () => {
  it('lists the first 100 clients by ID, and returns the last of these IDs as next', async () => {
    expect(await page()).toEqual({ ids: ALL.slice(0, 100), next: ALL[99] });
  });

  it.each([undefined, 9, 99, 100])(
    'lists every client exactly once over all pages with the limit %s',
    async (limit) => {
      const found: string[] = [];
      let after: unknown = '';
      while (typeof after === 'string') {
        const from: string = after;
        const query = new URLSearchParams({
          ...(limit !== undefined && { limit: String(limit) }),
          ...(from !== '' && { after: from }),
        });
        const { ids, next } = await page(`?${query.toString()}`);
        expect(ids.length).toBeLessThanOrEqual(limit ?? 100);
        found.push(...ids);
        after = next;
      }
      expect(after).toBeNull();
      expect(found).toEqual(ALL);
    },
    20_000,
  );

  it('returns null as next on the last page, even if that is full', async () => {
    const afterTwo = ALL.at(-3) ?? '';
    expect(await page(`?limit=2&after=${afterTwo}`)).toEqual({ ids: ALL.slice(-2), next: null });
    expect(await page(`?limit=100&after=${ALL.at(-1)}`)).toEqual({ ids: [], next: null });
  });

  it('continues after an ID that no client has', async () => {
    expect((await page('?limit=1&after=client-004x')).ids).toEqual(['client-005']);
    expect((await page('?limit=1&after=~~~')).ids).toEqual([]);
    expect((await page('?limit=1&after=')).ids).toEqual(['Z-comes-first']);
    expect((await page(`?limit=1&after=${encodeURIComponent('client-004/ä %')}`)).ids).toEqual([
      'client-005',
    ]);
  });

  it('lists a created client and omits a deleted one immediately', async () => {
    await admin.create({ client_id: 'client-004-a' });
    expect((await page('?limit=1&after=client-004')).ids).toEqual(['client-004-a']);
    await admin.remove('client-004-a');
    expect((await page('?limit=1&after=client-004')).ids).toEqual(['client-005']);
  });

  it.each(['0', '101', '-1', '1.5', 'all', '', '1e1', '0x1', ' 1', '9999', '1&limit=2'])(
    'rejects the limit %j',
    async (limit) => {
      const { status, body } = await admin.list(`?limit=${limit}`);
      expect({ status, body }).toEqual({
        status: 400,
        body: { error: expect.stringContaining('limit'), code: 'invalid_request' },
      });
    },
  );

  it('rejects a repeated after', async () => {
    expect(await admin.list('?after=a&after=b')).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('after'), code: 'invalid_request' },
    });
  });

  it('ignores other parameters', async () => {
    expect((await page('?limit=1&offset=5&__proto__=x')).ids).toEqual(['Z-comes-first']);
  });
});

describe('GET /admin/clients/{id}', () => {
  it('returns the client as the list does', async () => {
    const { body } = await admin.list('?limit=1&after=client-016');
    const [listed] = body['clients'] as object[];
    expect(await admin.show('client-017')).toMatchObject({ status: 200, body: listed });
  });

  it('returns neither a secret nor its hash; nor does the list', async () => {
    for (const { text } of [await admin.show('client-017'), await admin.list()])
      expect(text).not.toMatch(/client_secret|hash/);
  });

  it.each(['no-such-client', 'CLIENT-017', 'client-017%20', 'client-0170'])(
    'returns 404 for the unknown ID %s',
    async (id) => {
      const { status, body } = await admin.show(id);
      expect({ status, code: body['code'] }).toEqual({ status: 404, code: 'not_found' });
    },
  );
});
