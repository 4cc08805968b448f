import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { RunningApp } from '../support/running-app.js';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
const isInstalled = existsSync(CHROMIUM);
if (!isInstalled) console.log(`Skipped, Swagger UI in a browser: there is no Chromium at ${CHROMIUM}`);

/** One operation on the page, such as `POST /token`. */
class Operation {
  readonly block: Locator;

  constructor(
    private readonly page: Page,
    readonly method: string,
    readonly path: string,
  ) {
    this.block = page.locator('.opblock', {
      has: page.locator(`.opblock-summary-path[data-path="${path}"]`),
      hasText: method,
    });
  }

  async open(): Promise<void> {
    await this.block.locator('.opblock-summary-control').click();
    await this.block.locator('.try-out__btn').click();
  }

  /** Presses Execute and waits for the answer to be shown. */
  async execute(body?: string): Promise<{ status: string; body: string }> {
    if (body !== undefined) await this.block.locator('textarea.body-param__text').fill(body);
    const answered = this.page.waitForResponse(
      (response) =>
        response.request().method() === this.method && new URL(response.url()).pathname.endsWith(this.path),
    );
    await this.block.locator('.execute').click();
    await answered;
    const row = this.block.locator('.live-responses-table .response');
    await row.waitFor();
    return {
      status: (await row.locator('.response-col_status').innerText()).trim(),
      body: await row.locator('.response-col_description pre').first().innerText(),
    };
  }

  /** The body that the page proposes. */
  proposedBody(): Promise<string> {
    return this.block.locator('textarea.body-param__text').inputValue();
  }

  /** The statuses that the document names. */
  async documentedStatuses(): Promise<string[]> {
    const rows = await this.block.locator('.responses-table:not(.live-responses-table) tr.response').all();
    return Promise.all(rows.map(async (row) => (await row.getAttribute('data-code')) ?? ''));
  }
}

(isInstalled ? describe : describe.skip).each(['', '/identity-backend'])(
  'Swagger UI beneath "%s"',
  (basePath) => {
    let browser: Browser | undefined;
    let service: RunningApp | undefined;
    let page: Page;
    let complaints: string[];

    beforeAll(async () => {
      service = await RunningApp.start({ basePath, swagger: true });
      browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    }, 60_000);

    afterAll(async () => {
      await browser?.close();
      await service?.stop();
    });

    beforeEach(async () => {
      if (!browser || !service) throw new Error('There is no browser or no service');
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

    it('issues a token and verifies it', async () => {
      const token = new Operation(page, 'POST', '/token');
      await token.open();
      const issued = await token.execute();
      expect(issued.status).toBe('200');
      const { token: jwt } = JSON.parse(issued.body) as { token: string };
      expect(jwt).toMatch(/^ey/);

      const verify = new Operation(page, 'POST', '/verify');
      await verify.open();
      const verdict = await verify.execute(JSON.stringify({ token: jwt, aud: 'logging-service' }));
      expect(verdict.status).toBe('200');
      expect(JSON.parse(verdict.body)).toMatchObject({
        valid: true,
        claims: { sub: 'user-42', aud: 'logging-service' },
      });
      expect(complaints).toEqual([]);
    });

    it('has an example for every operation that works as it is', async () => {
      const summaries = await page.locator('.opblock-summary').all();
      const operations = await Promise.all(
        summaries.map(async (summary) => ({
          method: await summary.locator('.opblock-summary-method').innerText(),
          path: (await summary.locator('.opblock-summary-path').getAttribute('data-path')) ?? '',
        })),
      );
      expect(operations.length).toBeGreaterThanOrEqual(7);
      for (const { method, path } of operations) {
        const operation = new Operation(page, method, path);
        await operation.open();
        const { status } = await operation.execute();
        const documented = await operation.documentedStatuses();
        expect({ method, path, status }).toEqual({ method, path, status: '200' });
        expect(documented).toContain(status);
        // Closed again: the next one then lies within the page, and the page stays quick.
        await operation.block.locator('.opblock-summary-control').click();
      }
      expect(complaints).toEqual([]);
    });

    it('asks nothing of other hosts', async () => {
      const hosts = await page.evaluate(() =>
        performance.getEntriesByType('resource').map(({ name }) => new URL(name).host),
      );
      expect(new Set(hosts)).toEqual(new Set([new URL(service?.origin ?? '').host]));
      expect(complaints).toEqual([]);
    });
  },
);
