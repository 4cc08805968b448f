import { ClientDescription } from '../../src/admin/client-description.js';
import { ClientAdministration } from '../../src/clients/client-administration.js';
import { NEW_YEAR } from './moved-clock.js';
import type { ServiceResponse, RunningApp } from './running-app.js';

/** A client that a test created, with its secret. */
export interface TestClient {
  readonly id: string;
  /** Empty if it may not authenticate by one. */
  readonly secret: string;
  readonly secretId: string;
  /** The Authorization header with which it authenticates. */
  readonly authorization: string;
}

/** An Authorization header (RFC 7617); ID and secret are not percent-encoded. */
export function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

/**
 * Creates a client as the command line does, without a route.
 *
 * @param fields as in the JSON of the administration
 */
export async function makeClient(
  { app }: RunningApp,
  id: string,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<TestClient> {
  const by = { id: 'command line', requestId: 'test' };
  const described = app.get(ClientDescription).read({ client_id: id, ...fields });
  const { secret } = await app.get(ClientAdministration).create(described, by);
  const { text = '', id: secretId = '' } = secret ?? {};
  return { id, secret: text, secretId, authorization: basic(id, text) };
}

/** What an administrator may request. */
export const ADMINISTRATOR = { audiences: ['identity-backend'], scopes: ['identity:admin'] } as const;

/** Claims of a token of the administrator `admin`, which only the service may sign. */
export const ADMINISTRATOR_CLAIMS = {
  iss: 'identity-backend',
  sub: 'admin',
  aud: 'identity-backend',
  client_id: 'admin',
  scope: 'identity:admin',
  iat: NEW_YEAR,
  exp: NEW_YEAR + 900,
  jti: 'token-1',
};

/** An administrator, which is a client with the scope `identity:admin`, and its requests. */
export class Administrator {
  private constructor(
    private readonly service: RunningApp,
    readonly client: TestClient,
  ) {}

  static async of(service: RunningApp, id = 'admin'): Promise<Administrator> {
    const members = { ...ADMINISTRATOR, audiences: [service.issuer] };
    return new Administrator(service, await makeClient(service, id, members));
  }

  /** The same administrator on another instance with the same database, or on a restarted one. */
  at(service: RunningApp): Administrator {
    return new Administrator(service, this.client);
  }

  /** Requests an access token, as a stock client would. */
  async token(scope = 'identity:admin'): Promise<string> {
    const { authorization } = this.client;
    await this.service.catchUp();
    const parameters = { grant_type: 'client_credentials', scope };
    const { body, text } = await this.service.form('/oauth2/token', parameters, { authorization });
    if (typeof body['access_token'] !== 'string') throw new Error(`No token: ${text}`);
    return body['access_token'];
  }

  /** Sends a request with a token that is valid at this time. */
  async request(method: string, path: string, body?: unknown): Promise<ServiceResponse> {
    return this.service.request(`/admin/clients${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await this.token()}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  create(members: Readonly<Record<string, unknown>>): Promise<ServiceResponse> {
    return this.request('POST', '', members);
  }

  /** @param query such as `?limit=10` */
  list(query = ''): Promise<ServiceResponse> {
    return this.request('GET', query);
  }

  show(id: string): Promise<ServiceResponse> {
    return this.request('GET', `/${id}`);
  }

  update(id: string, patch: unknown): Promise<ServiceResponse> {
    return this.request('PATCH', `/${id}`, patch);
  }

  remove(id: string): Promise<ServiceResponse> {
    return this.request('DELETE', `/${id}`);
  }

  addSecret(id: string, body?: unknown): Promise<ServiceResponse> {
    return this.request('POST', `/${id}/secrets`, body);
  }

  endSecret(id: string, secretId: string): Promise<ServiceResponse> {
    return this.request('DELETE', `/${id}/secrets/${secretId}`);
  }
}
