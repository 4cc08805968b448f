import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ClientRegistry } from '../../../src/clients/client-registry.js';
import { clientOf } from '../../support/client-values.js';
import { Administrator, makeClient } from '../../support/clients.js';
import { rawHttp } from '../../support/raw-http.js';
import { RunningApp } from '../../support/running-app.js';

let service: RunningApp;
let admin: Administrator;
beforeAll(async () => {
  service = await RunningApp.start();
  admin = await Administrator.of(service);
});
afterAll(() => service.stop());

describe('the ID in the path of the admin routes', () => {
  it.each([
    'a',
    'x'.repeat(128),
    '...',
    'a.b',
    '~',
    '_',
    'a-',
    'constructor',
    '__proto__',
    'toString',
    'secrets',
  ])('may be any valid client_id: %s', async (id) => {
    await makeClient(service, id);
    expect((await admin.show(id)).body['client_id']).toBe(id);
    expect((await admin.update(id, { name: 'Changed' })).body).toMatchObject({
      client_id: id,
      name: 'Changed',
    });
    const { body } = await admin.addSecret(id);
    expect((await admin.endSecret(id, String(body['secret_id']))).status).toBe(204);
    expect((await admin.remove(id)).status).toBe(204);
    expect((await admin.show(id)).status).toBe(404);
  });

  it.each(['-', '--json', '-a', '.', '..'])('is rejected as the ID of a new client: %s', async (id) => {
    expect(await admin.create({ client_id: id })).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(/^client_id /), code: 'invalid_request' },
    });
  });

  it.each(['-', '--json', '.', '..'])('may be one that only earlier versions accepted: %s', async (id) => {
    const registry = service.app.get(ClientRegistry);
    await registry.change(id, () => clientOf({ id }));
    // fetch would resolve dot segments.
    const send = async (method: string, body = ''): Promise<number> => {
      const authorization = `Authorization: Bearer ${await admin.token()}`;
      const type = `Content-Type: application/json\r\nContent-Length: ${body.length}`;
      const head = `${method} /admin/clients/${id} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n`;
      const { status } = await rawHttp(
        service.origin,
        `${head}${authorization}${body && `\r\n${type}`}\r\n\r\n${body}`,
      );
      return status;
    };
    expect(await send('GET')).toBe(200);
    expect(await send('PATCH', '{"disabled":true}')).toBe(200);
    expect(registry.find(id)).toMatchObject({ id, disabled: true });
    expect(await send('PATCH', JSON.stringify({ client_id: id, name: 'New' }))).toBe(200);
    expect(await send('DELETE')).toBe(204);
    expect(registry.find(id)).toBeUndefined();
  });

  it('may be percent-encoded', async () => {
    await makeClient(service, 'a~b.c');
    expect((await admin.show('%61%7Eb%2ec')).body['client_id']).toBe('a~b.c');
  });

  it.each([
    ...['a%2Fb', 'admin%2F', '%2E%2E%2Fadmin', 'admin%00', 'admin%20', '%20admin', 'admin%0A', '*', '%25'],
    ...['x'.repeat(129), 'x'.repeat(200), 'x'.repeat(5000), '%C3%A4', 'Admin', 'constructor', '__proto__'],
    ...['hasOwnProperty', 'admin;x', 'admin,x', "admin'--", '%F0%9F%92%A9'],
  ])('matches no client if it is %s', async (id) => {
    for (const response of [
      await admin.show(id),
      await admin.update(id, { name: 'Changed' }),
      await admin.remove(id),
      await admin.addSecret(id, {}),
      await admin.endSecret(id, 'x'),
    ]) {
      expect({ status: response.status, body: response.body }).toEqual({
        status: 404,
        body: { error: expect.any(String), code: 'not_found' },
      });
    }
    expect((await admin.show('admin')).body['name']).toBe('admin');
  });

  it('is rejected with 400 if its percent-encoding is invalid', async () => {
    for (const id of ['%', '%zz', '%C3', '%FF']) {
      const { status } = await admin.show(id);
      expect([id, status]).toEqual([id, 400]);
    }
  });

  it('has no routes under it except those of secrets', async () => {
    for (const path of ['/admin/', '/admin/x', '/admin/secrets/', '/admin/secrets/a/b'])
      expect([path, (await admin.request('DELETE', path)).status]).toEqual([path, 404]);
  });
});

describe('other methods', () => {
  it.each([
    ['', 'DELETE', 'GET, HEAD, POST'],
    ['', 'PATCH', 'GET, HEAD, POST'],
    ['/admin', 'POST', 'DELETE, GET, HEAD, PATCH'],
    ['/admin', 'PUT', 'DELETE, GET, HEAD, PATCH'],
    ['/admin/secrets', 'GET', 'POST'],
    ['/admin/secrets/x', 'GET', 'DELETE'],
  ])('return 405 on /admin/clients%s: %s', async (path, method, allow) => {
    const { status, body, headers } = await admin.request(method, path);
    expect({ status, code: body['code'], allow: headers.get('allow') }).toEqual({
      status: 405,
      code: 'method_not_allowed',
      allow,
    });
  });
});
