import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { Administrator } from '../support/clients.js';
import { RunningApp } from '../support/running-app.js';
import { AuthorizeDialog, Operation } from './swagger-page.js';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
const isInstalled = existsSync(CHROMIUM);
if (!isInstalled) console.log(`Skipped, Swagger UI in a browser: there is no Chromium at ${CHROMIUM}`);

const CREATE = 'POST /admin/clients';
/** These remove what the other examples use, so they come last, in this order. */
const LAST = ['DELETE /admin/clients/{id}/secrets/{secretId}', 'DELETE /admin/clients/{id}'];
/** The statuses of the examples that do not return 200. */
const EXPECTED: Readonly<Record<string, string>> = {
  [CREATE]: '201',
  'POST /admin/clients/{id}/secrets': '201',
  // No example can have the ID of a secret that the service has yet to make.
  'DELETE /admin/clients/{id}/secrets/{secretId}': '404',
  'DELETE /admin/clients/{id}': '204',
  'POST /admin/issuers': '201',
  'DELETE /admin/issuers/{id}': '204',
  'POST /admin/keys/rotate': '202',
  // Its example is a token that no key verifies.
  'POST /verify': '401',
};

(isInstalled ? describe : describe.skip).each(['', '/identity-backend'])(
  'Swagger UI under "%s"',
  (basePath) => {
    let browser: Browser | undefined;
    let service: RunningApp;
    let admin: Administrator;
    let page: Page;
    let complaints: string[];

    beforeAll(async () => {
      service = await RunningApp.start({
        basePath,
        swagger: true,
        // Discovery has no document if the issuer is not a URL.
        issuer: `https://identity.example.com${basePath}`,
      });
      admin = await Administrator.of(service);
      browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    }, 60_000);

    afterAll(async () => {
      await browser?.close();
      await service.stop();
    });

    beforeEach(async () => {
      if (!browser) throw new Error('There is no browser');
      complaints = [];
      page = await browser.newPage({ viewport: { width: 1280, height: 1400 } });
      page.setDefaultTimeout(30_000);
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('requestfailed', (request) =>
        complaints.push(`${request.url()} ${request.failure()?.errorText}`),
      );
      await page.goto(`${service.origin}${basePath}/docs`);
      await page.locator('.opblock').first().waitFor();
    });

    afterEach(() => page.close());

    const opened = async (method: string, path: string): Promise<Operation> => {
      const operation = new Operation(page, method, path);
      await operation.open();
      return operation;
    };

    it('issues a token and verifies it', async () => {
      const issued = await (await opened('POST', '/token')).execute();
      expect(issued.status).toBe('200');
      const { token: jwt } = JSON.parse(issued.body) as { token: string };
      expect(jwt).toMatch(/^ey/);

      const verify = await opened('POST', '/verify');
      const verdict = await verify.execute(JSON.stringify({ token: jwt, aud: 'logging-service' }));
      expect(verdict.status).toBe('200');
      expect(JSON.parse(verdict.body)).toMatchObject({
        valid: true,
        claims: { sub: 'user-42', aud: 'logging-service' },
      });
      expect(complaints).toEqual([]);
    });

    it('authorizes an administrator with client credentials', async () => {
      const dialog = new AuthorizeDialog(page);
      await dialog.open();
      await dialog.byClientCredentials('admin', admin.client.secret);
      await dialog.close();
      const { status, body } = await (await opened('GET', '/admin/clients')).execute();
      expect(status).toBe('200');
      expect(body).toContain('"client_id": "admin"');
      expect(complaints).toEqual([]);
    });

    it('authorizes an administrator with a bearer token', async () => {
      const dialog = new AuthorizeDialog(page);
      await dialog.open();
      await dialog.byBearer(await admin.token());
      await dialog.close();
      expect((await (await opened('GET', '/admin/clients')).execute()).status).toBe('200');
      expect(complaints).toEqual([]);
    });

    it('has an example that works unchanged for every operation, after authorization', async () => {
      const dialog = new AuthorizeDialog(page);
      await dialog.open();
      await dialog.byClientCredentials('admin', admin.client.secret);
      await dialog.close();
      const create = await opened('POST', '/admin/clients');
      const made = await create.execute();
      const client = JSON.parse(made.body) as { client_id: string; client_secret: string };
      expect([CREATE, made.status]).toEqual([CREATE, EXPECTED[CREATE]]);
      await create.close();
      await dialog.open();
      await dialog.byBasic(client.client_id, client.client_secret);
      await dialog.close();

      const routeOf = ({ method, path }: Operation): string => `${method} ${path}`;
      const rest = (await Operation.all(page))
        .filter((operation) => routeOf(operation) !== CREATE)
        .sort((a, b) => LAST.indexOf(routeOf(a)) - LAST.indexOf(routeOf(b)));
      expect(rest.length).toBeGreaterThanOrEqual(14);
      for (const operation of rest) {
        const route = routeOf(operation);
        await operation.open();
        const { status, body } = await operation.execute();
        expect({ route, status, body }).toEqual({ route, status: EXPECTED[route] ?? '200', body });
        expect(await operation.documentedStatuses()).toContain(status);
        await operation.close();
      }
      // The browser reports every response with an error status.
      expect(complaints.filter((text) => !/status of 40[14]/.test(text))).toEqual([]);
    });

    it('loads nothing from other hosts', async () => {
      const hosts = await page.evaluate(() =>
        performance.getEntriesByType('resource').map(({ name }) => new URL(name).host),
      );
      expect(new Set(hosts)).toEqual(new Set([new URL(service.origin).host]));
      expect(complaints).toEqual([]);
    });
  },
);
