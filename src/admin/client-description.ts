import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Rules } from '../validation/rules.js';
import {
  type Client,
  DEFAULT_GRANT_TYPES,
  type DescribedClient,
  type JwtBearerPolicy,
} from '../clients/client.js';
import type { FederatedCredential } from '../clients/federated-credential.js';
import { readFederatedCredentials } from '../clients/read-federated-credentials.js';
import { ChangeRefused } from '../clients/change-refused.js';
import { CLIENT_SETTINGS, type ClientSettings } from '../config/namespaces.js';
import { mergePatch, withoutNull } from '../encoding/merge-patch.js';
import { ClientRequestDto } from './dto/client-request.dto.js';
import { toClientDto } from './dto/client-response.dto.js';
import { keysAlone } from './key-source-description.js';
import { knownFields } from './known-fields.js';
import type { JwtBearerPolicyDto } from './dto/federated-credential.dto.js';

/** Read-only fields. A request may send them back as it read them; they are ignored. */
const READ_ONLY = ['secrets', 'created_at', 'updated_at', 'managed_by', 'locked_by_admin'];

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
  federated_credentials: 'federatedCredentials',
  workload_grant: 'workloadGrant',
  jwt_bearer: 'jwtBearer',
  token_endpoint_auth_methods: 'tokenEndpointAuthMethods',
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
    const fields = knownFields(body, this.fields);
    // Otherwise a caller that lost its request body would register a client by accident.
    if (Object.keys(fields).length === 0) throw refused('Send at least one field of the client');
    const read = this.checked(this.rules.read(withoutNull(fields)));
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
   * @throws {ChangeRefused} if the patch is invalid
   */
  patch(client: Client, patch: unknown): Client {
    const { client_id: id = client.id, ...sent } = knownFields(patch, this.fields);
    if (id === null) throw refused('client_id is missing');
    if (id !== client.id) throw refused('client_id cannot be changed');
    const has = (field: string): boolean => Object.hasOwn(sent, field);
    // A set of keys replaces the current one as a whole: merged, a single key in its place would be ignored.
    const base = has('jwt_bearer') ? { jwt_bearer: toClientDto(client).jwt_bearer } : {};
    const merged = mergePatch(base, sent);
    const read = describedBy(this.checked(this.rules.readPart(merged)), client.id);
    const changed = Object.entries(PROPERTIES).filter(([field]) => has(field));
    const described = {
      ...client,
      ...Object.fromEntries(changed.map(([, property]) => [property, read[property]])),
    };
    if (has('audiences') || has('default_audience')) checkDefaultAudience(described);
    return described;
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
    name: body.name ?? id,
    audiences: body.audiences ?? [],
    defaultAudience: body.default_audience ?? null,
    scopes: body.scopes ?? [],
    claims: body.claims ?? [],
    grantTypes: body.grant_types ?? DEFAULT_GRANT_TYPES,
    tokenLifetimeSeconds: body.token_lifetime_seconds ?? null,
    mayActFor: body.may_act_for ?? [],
    jwks: body.jwks ? keysAlone(body.jwks) : null,
    federatedCredentials: credentialsOf(body.federated_credentials),
    workloadGrant: body.workload_grant ?? false,
    jwtBearer: body.jwt_bearer ? jwtBearerOf(body.jwt_bearer) : null,
    tokenEndpointAuthMethods: body.token_endpoint_auth_methods ?? null,
    disabled: body.disabled ?? false,
  };
}

function credentialsOf(body: unknown): readonly FederatedCredential[] {
  const read = readFederatedCredentials(body ?? []);
  if (typeof read === 'string') throw refused(`federated_credentials ${read}`);
  return read;
}

function jwtBearerOf(body: JwtBearerPolicyDto): JwtBearerPolicy {
  const { issuers, impersonate = [], limit_to_assertion: limitToAssertion = true } = body;
  return { issuers, impersonate, limitToAssertion };
}

function checkDefaultAudience({ audiences, defaultAudience }: DescribedClient): void {
  if (defaultAudience !== null && !audiences.includes(defaultAudience)) {
    throw refused('default_audience must be one of audiences');
  }
}

function refused(message: string): ChangeRefused {
  return new ChangeRefused('invalid_request', message);
}
