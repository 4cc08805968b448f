import type { Locator, Page } from 'playwright-core';

/** The response to an operation, as the page shows it. */
export interface Shown {
  readonly status: string;
  readonly body: string;
}

/** One operation on the page, such as `POST /token`. */
export class Operation {
  readonly block: Locator;

  constructor(
    private readonly page: Page,
    readonly method: string,
    readonly path: string,
  ) {
    this.block = page.locator(`.opblock.opblock-${method.toLowerCase()}`, {
      has: page.locator(`.opblock-summary-path[data-path="${path}"]`),
    });
  }

  /** Every operation of the page, in order. */
  static async all(page: Page): Promise<Operation[]> {
    const summaries = await page.locator('.opblock-summary').all();
    return Promise.all(
      summaries.map(async (summary) => {
        const method = await summary.locator('.opblock-summary-method').innerText();
        const path = await summary.locator('.opblock-summary-path').getAttribute('data-path');
        return new Operation(page, method, path ?? '');
      }),
    );
  }

  async open(): Promise<void> {
    await this.block.locator('.opblock-summary-control').click();
    await this.block.locator('.try-out__btn').click();
  }

  /** A closed operation takes no space: the next one is in view, and the page stays fast. */
  close(): Promise<void> {
    return this.block.locator('.opblock-summary-control').click();
  }

  /** Presses Execute and waits until the response is shown. */
  async execute(body?: string): Promise<Shown> {
    if (body !== undefined) await this.block.locator('textarea.body-param__text').fill(body);
    const address = new RegExp(`${this.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
    const answered = this.page.waitForResponse(
      (response) =>
        response.request().method() === this.method && address.test(new URL(response.url()).pathname),
    );
    await this.block.locator('.execute').click();
    await answered;
    const row = this.block.locator('.live-responses-table .response');
    await row.waitFor();
    const status = (await row.locator('.response-col_status').innerText()).trim();
    const shown = row.locator('.response-col_description pre').first();
    return { status: status.replace(/\s.*/s, ''), body: await shown.innerText() };
  }

  /** The statuses that the document names. */
  async documentedStatuses(): Promise<string[]> {
    const rows = await this.block.locator('.responses-table:not(.live-responses-table) tr.response').all();
    return Promise.all(rows.map(async (row) => (await row.getAttribute('data-code')) ?? ''));
  }
}

/** The dialog behind the Authorize button. */
export class AuthorizeDialog {
  private readonly dialog: Locator;

  constructor(private readonly page: Page) {
    this.dialog = page.locator('.dialog-ux .modal-ux');
  }

  async open(): Promise<void> {
    await this.page.locator('.scheme-container .btn.authorize').click();
    await this.dialog.waitFor();
  }

  close(): Promise<void> {
    return this.dialog.locator('.close-modal').click();
  }

  /** @param name of the scheme, such as `basic` */
  private form(name: string): Locator {
    return this.dialog.locator('.auth-container', {
      has: this.page.locator(`h4:has(code:text-is("${name}"))`),
    });
  }

  async byBasic(id: string, secret: string): Promise<void> {
    const form = this.form('basic');
    await form.locator('input[type="text"]').fill(id);
    await form.locator('input[type="password"]').fill(secret);
    await this.submit(form);
  }

  async byBearer(token: string): Promise<void> {
    const form = this.form('bearer');
    await form.locator('input').fill(token);
    await this.submit(form);
  }

  async byClientCredentials(id: string, secret: string): Promise<void> {
    const form = this.dialog.locator('.auth-container', { hasText: 'clientCredentials' });
    await form.locator('input#client_id_clientCredentials').fill(id);
    await form.locator('input#client_secret_clientCredentials').fill(secret);
    await form.locator('.checkbox label').first().click();
    await this.submit(form);
  }

  private async submit(form: Locator): Promise<void> {
    await form.locator('button.authorize').click();
    await form.locator('button', { hasText: 'Logout' }).waitFor();
  }
}
