import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { isJsonObject } from '../encoding/strict-json.js';
import { redactSecrets } from '../encoding/redact-secrets.js';
import { Rules } from '../validation/rules.js';
import { type Client, DEFAULT_GRANT_TYPES, type DescribedClient, LATER_FIELDS } from '../clients/client.js';
import { ChangeRefused } from '../clients/change-refused.js';
import { CLIENT_SETTINGS, type ClientSettings } from '../config/namespaces.js';
import { mergePatch } from '../encoding/merge-patch.js';
import { ClientRequestDto } from './dto/client-request.dto.js';

/** Read-only fields. A request may send them back as it read them; they are ignored. */
const READ_ONLY = ['secrets', 'created_at', 'updated_at'];

/** The properties of a client that a change can set, keyed by the field that sets them. */
const PROPERTIES = {
  name: 'name',
  audiences: 'audiences',
  default_audience: 'defaultAudience',
  scopes: 'scopes',
  claims: 'claims',
  grant_types: 'grantTypes',
  token_lifetime_seconds: 'tokenLifetimeSeconds',
  may_act_for: 'mayActFor',
  jwks: 'jwks',
  disabled: 'disabled',
} as const satisfies Record<Exclude<keyof ClientRequestDto, 'client_id'>, keyof DescribedClient>;

/** Reads descriptions of clients, and rejects invalid ones. */
@Injectable()
export class ClientDescription {
  private readonly rules = new Rules(ClientRequestDto);
  private readonly fields = new Set([...this.rules.fields, ...READ_ONLY]);

  /** The longest lifetime of a client's tokens, in seconds. */
  private readonly lifetimeSeconds: number;

  constructor(@Inject(CLIENT_SETTINGS) { lifetimeSeconds }: Pick<ClientSettings, 'lifetimeSeconds'>) {
    this.lifetimeSeconds = lifetimeSeconds;
  }

  /**
   * Reads the description of a new client.
   *
   * @throws {ChangeRefused} if the description is invalid
   */
  read(body: unknown): DescribedClient {
    const fields = this.known(body);
    // Otherwise a caller that lost its request body would register a client by accident.
    if (Object.keys(fields).length === 0) throw refused('Send at least one field of the client');
    const read = this.checked(this.rules.read(fields));
    const id = read.client_id ?? randomUUID();
    const described = { id, ...describedBy(read, id) };
    checkDefaultAudience(described);
    return described;
  }

  /**
   * Applies a patch to a client. Validates only the fields of the patch, and a rule between two fields only
   * if the patch has one of them: what is stored was valid when it was stored, and must never keep an
   * administrator from disabling the client.
   *
   * @param patch a JSON Merge Patch (RFC 7396)
   * @returns the changed client
   * @throws {ChangeRefused} if the patch is invalid, or would leave the client with neither secret nor
   *   keys
   */
  patch(client: Client, patch: unknown): Client {
    const { client_id: id = client.id, ...sent } = this.known(patch);
    if (id === null) throw refused('client_id is missing');
    if (id !== client.id) throw refused('client_id cannot be changed');
    const has = (field: string): boolean => Object.hasOwn(sent, field);
    const merged = mergePatch(has('jwks') ? { jwks: client.jwks } : {}, sent);
    const read = describedBy(this.checked(this.rules.readPart(merged)), client.id);
    const changed = Object.entries(PROPERTIES).filter(([field]) => has(field));
    const described = {
      ...client,
      ...Object.fromEntries(changed.map(([, property]) => [property, read[property]])),
    };
    if (has('audiences') || has('default_audience')) checkDefaultAudience(described);
    if (described.jwks === null && client.jwks !== null && client.secrets.length === 0) {
      throw new ChangeRefused('conflict', 'The client has no secret: add one before you remove its keys');
    }
    return described;
  }

  private known(body: unknown): Readonly<Record<string, unknown>> {
    if (!isJsonObject(body)) throw refused('Send a JSON object');
    // A misspelled name would leave a client with more or fewer rights than intended.
    const unknown = Object.keys(body).find((name) => !this.fields.has(name));
    if (unknown !== undefined)
      throw refused(`Unknown field ${JSON.stringify(redactSecrets(unknown).slice(0, 64))}`);
    return body;
  }

  private checked(read: ClientRequestDto | string): ClientRequestDto {
    if (typeof read === 'string') throw refused(read);
    if ((read.token_lifetime_seconds ?? 0) > this.lifetimeSeconds) {
      throw refused(`token_lifetime_seconds must be at most ${this.lifetimeSeconds}`);
    }
    return read;
  }
}

/** The properties that a body describes, and the defaults of the others. */
function describedBy(body: ClientRequestDto, id: string): Omit<DescribedClient, 'id'> {
  return {
    ...LATER_FIELDS,
    name: body.name ?? id,
    audiences: body.audiences ?? [],
    defaultAudience: body.default_audience ?? null,
    scopes: body.scopes ?? [],
    claims: body.claims ?? [],
    grantTypes: body.grant_types ?? DEFAULT_GRANT_TYPES,
    tokenLifetimeSeconds: body.token_lifetime_seconds ?? null,
    mayActFor: body.may_act_for ?? [],
    jwks: (body.jwks as Client['jwks']) ?? null,
    disabled: body.disabled ?? false,
  };
}

function checkDefaultAudience({ audiences, defaultAudience }: DescribedClient): void {
  if (defaultAudience !== null && !audiences.includes(defaultAudience)) {
    throw refused('default_audience must be one of audiences');
  }
}

function refused(message: string): ChangeRefused {
  return new ChangeRefused('invalid_request', message);
}
