import { isJsonObject } from '../jwt/strict-json.js';
import { Rules } from '../validation/rules.js';
import { type Client, GRANT_TYPES } from './client.js';
import { ClientBody } from './client-body.js';
import { ClientChangeRefused } from './client-change-refused.js';
import { clientDocument } from './client.document.js';
import { mergePatch } from './merge-patch.js';

/** What an administrator says of a client: all of it but its secrets and times. */
export type DescribedClient = Omit<Client, 'secrets' | 'createdAt' | 'updatedAt'>;

/** What the administration shows and nobody sets: it may be sent back as it was read. */
const READ_ONLY = ['secrets', 'created_at', 'updated_at'];

/** Reads descriptions of clients, and refuses those that are wrong. */
export class ClientDescription {
  private readonly rules = new Rules(ClientBody);
  private readonly known = new Set([...this.rules.members, ...READ_ONLY]);

  /** @param lifetimeSeconds the longest that the tokens of a client may live */
  constructor(private readonly lifetimeSeconds: number) {}

  /** @throws {ClientChangeRefused} */
  read(body: unknown): DescribedClient {
    if (!isJsonObject(body)) throw refused('Send a JSON object');
    // A mistyped name would leave a client with less or more than was meant.
    const unknown = Object.keys(body).find((name) => !this.known.has(name));
    if (unknown !== undefined)
      throw refused(`A client has no member ${JSON.stringify(unknown.slice(0, 64))}`);
    const read = this.rules.read(body);
    if (typeof read === 'string') throw refused(read);
    const { audiences = [], default_audience = null, token_lifetime_seconds = null } = read;
    if (default_audience !== null && !audiences.includes(default_audience)) {
      throw refused('default_audience must be one of audiences');
    }
    if (token_lifetime_seconds !== null && token_lifetime_seconds > this.lifetimeSeconds) {
      throw refused(`token_lifetime_seconds must be at most ${this.lifetimeSeconds}`);
    }
    return {
      id: read.client_id,
      name: read.name ?? read.client_id,
      audiences,
      defaultAudience: default_audience,
      scopes: read.scopes ?? [],
      claims: read.claims ?? [],
      grantTypes: read.grant_types ?? [...GRANT_TYPES],
      tokenLifetimeSeconds: token_lifetime_seconds,
      mayActFor: read.may_act_for ?? [],
      jwks: (read.jwks as Client['jwks']) ?? null,
      disabled: read.disabled ?? false,
    };
  }

  /** @throws {ClientChangeRefused} */
  patch(client: Client, patch: unknown): DescribedClient {
    if (!isJsonObject(patch)) throw refused('Send a JSON object');
    const described = this.read(mergePatch(clientDocument(client), patch));
    if (described.id !== client.id) throw refused('client_id is never changed');
    if (described.jwks === null && client.jwks !== null && client.secrets.length === 0) {
      throw new ClientChangeRefused(
        'conflict',
        'The client has no secret: add one before its keys are removed',
      );
    }
    return described;
  }
}

function refused(message: string): ClientChangeRefused {
  return new ClientChangeRefused('invalid_request', message);
}
