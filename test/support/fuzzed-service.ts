import { type BuiltService, makeClient, startService } from './built-service.js';
import type { KnownWorld } from './generated-request.js';
import { basicHeaders, bearerHeaders, type Credentials, form, json, request } from './http-request.js';
import type { OpenApiDocument } from './openapi-document.js';
import { temporaryDirectory } from './temporary-directory.js';

const ISSUER = 'https://identity.example';
const AUDIENCES = ['logging-service', 'reporting'];
const SETTINGS = {
  JWT_ISSUER: ISSUER,
  JWT_ALGORITHM: 'ES256|HS256',
  AUDIENCE_ALGORITHMS: 'logging-service=HS256|ES256',
  TOKEN_ENDPOINT_AUTH: 'none',
  AUTH_FAILURE_MAX: '0',
};
/** How many of the newest tokens, clients and issuers are kept. */
const MOST_KEPT = 12;

/** A service that receives generated requests, and what its callers know. */
export class FuzzedService {
  readonly world: KnownWorld;
  /** Every token that was issued. */
  readonly issued = new Set<string>();
  private made = 0;

  private constructor(
    readonly service: BuiltService,
    readonly document: OpenApiDocument,
    private readonly admin: Credentials,
    private readonly worker: Credentials,
  ) {
    this.world = {
      audiences: AUDIENCES,
      clients: [worker],
      targets: [{ id: 'nobody', secretIds: ['0123456789abcdef'] }],
      issuers: ['nobody'],
      tokens: [],
      publicKeys: [],
      bearer: '',
    };
    // The document has a real token as an example.
    const { example } = document.components.schemas['VerifyRequest']?.properties?.['token'] ?? {};
    this.issued.add(String(example));
  }

  static async start(): Promise<FuzzedService> {
    const cwd = temporaryDirectory();
    const administrator = ['--audience', ISSUER, '--scope', 'identity:admin'];
    const admin = await makeClient(cwd, SETTINGS, 'admin', ...administrator);
    const options = AUDIENCES.flatMap((name) => ['--audience', name]);
    const scopes = ['logs:read', 'logs:write'].flatMap((name) => ['--scope', name]);
    const more = ['--default-audience', 'logging-service', '--claim', 'tenant', '--may-act-for', 'user-*'];
    const worker = await makeClient(cwd, SETTINGS, 'worker', ...options, ...scopes, ...more);
    const service = await startService(SETTINGS, { cwd });
    const { text } = await request(`${service.url}/openapi.json`);
    const fuzzed = new FuzzedService(service, JSON.parse(text) as OpenApiDocument, admin, worker);
    await fuzzed.renew();
    return fuzzed;
  }

  /** Adds new tokens, keys and clients, since requests may revoke, rotate and remove them. */
  async renew(): Promise<void> {
    const { world } = this;
    world.bearer = await this.grant(this.admin, { scope: 'identity:admin' });
    const issued: string[] = [];
    for (const audience of AUDIENCES) issued.push(await this.grant(this.worker, { audience }));
    const own = await request(`${this.service.url}/token`, json({ sub: 'user-1', aud: AUDIENCES }));
    if (own.status === 200) issued.push(String(own.body['token']));
    // Previous tokens are kept: later requests use them after their revocation.
    for (const token of issued) this.issued.add(token);
    world.tokens = [...issued, ...world.tokens].slice(0, MOST_KEPT);
    const { body } = await request(`${this.service.url}/.well-known/jwks.json`);
    world.publicKeys = (body['keys'] as unknown[]).slice(-4).map((key) => JSON.stringify(key));
    for (let index = 0; index < 4; index++) await this.addTarget(index % 2 === 0);
    await this.addIssuer();
  }

  /** Adds a trusted issuer that requests may change and remove. */
  private async addIssuer(): Promise<void> {
    const { world } = this;
    const id = `issuer-${++this.made}`;
    const keys = { jwks: { keys: world.publicKeys.map((key) => JSON.parse(key) as unknown) } };
    await this.administer('/admin/issuers', { id, issuer: `https://${id}.example`, keys });
    world.issuers = [id, ...world.issuers].slice(0, MOST_KEPT);
  }

  /** Adds a client that requests may change and remove; if it has two secrets, one may be revoked. */
  private async addTarget(hasTwoSecrets: boolean): Promise<void> {
    const id = `target-${++this.made}`;
    const { secrets } = await this.administer('/admin/clients', { client_id: id, audiences: AUDIENCES });
    const [first] = secrets as readonly { readonly secret_id: string }[];
    const secretIds = [first?.secret_id ?? ''];
    if (hasTwoSecrets) {
      const { secret_id } = await this.administer(`/admin/clients/${id}/secrets`);
      secretIds.push(String(secret_id));
    }
    this.world.targets = [{ id, secretIds }, ...this.world.targets].slice(0, MOST_KEPT);
  }

  private async grant(client: Credentials, parameters: Readonly<Record<string, string>>): Promise<string> {
    const grant = form({ grant_type: 'client_credentials', ...parameters }, basicHeaders(client));
    const { status, text, body } = await request(`${this.service.url}/oauth2/token`, grant);
    if (status !== 200) throw new Error(`No token for ${client.id}: ${text}`);
    return String(body['access_token']);
  }

  private async administer(path: string, value: object = {}): Promise<Readonly<Record<string, unknown>>> {
    for (let attempt = 0; ; attempt++) {
      const asked = json(value, bearerHeaders(this.world.bearer));
      const { status, text, body } = await request(this.service.url + path, asked);
      if (status === 201) return body;
      // A generated request may have revoked the key that signed the token.
      if (status !== 401 || attempt === 5) throw new Error(`${path}: ${status} ${text}`);
      this.world.bearer = await this.grant(this.admin, { scope: 'identity:admin' });
    }
  }
}
