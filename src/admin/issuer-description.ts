import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { ChangeRefused } from '../clients/change-refused.js';
import { ISSUERS_SETTINGS, type IssuersSettings } from '../config/namespaces.js';
import { mergePatch, withoutNull } from '../encoding/merge-patch.js';
import { isJsonObject } from '../encoding/strict-json.js';
import { remoteUrlFault } from '../http-client/network-policy.js';
import type {
  DescribedIssuer,
  KeySource,
  Replay,
  IssuerUse,
  TrustedIssuer,
} from '../issuers/trusted-issuer.js';
import { sameAudience } from '../jwt/audience.js';
import { Rules } from '../validation/rules.js';
import { IssuerRequestDto } from './dto/issuer-request.dto.js';
import { knownFields } from './known-fields.js';
import { keySourceFields, readKeySource } from './key-source-description.js';

/** Read-only fields. A request may send them back as it read them; they are ignored. */
const READ_ONLY = ['created_at', 'updated_at', 'managed_by'];

/** The fields whose value is an object, which a merge patch changes field by field (RFC 7396). */
const OBJECTS = ['keys', 'replay', 'claims'] as const;

/** The fields of a source whose value is a set of keys. */
const KEY_SETS = ['jwks', 'spiffe_bundle'];

/** The properties of an entry that a change can set, keyed by the field that sets them. */
const PROPERTIES = {
  keys: 'keys',
  algorithms: 'algorithms',
  audiences: 'audiences',
  uses: 'uses',
  typ: 'types',
  max_lifetime_seconds: 'maxLifetimeSeconds',
  replay: 'replay',
  subject: 'subject',
  claims: 'claims',
  scopes_claim: 'scopesClaim',
  id_jag: 'idJag',
  disabled: 'disabled',
} as const satisfies Record<Exclude<keyof IssuerRequestDto, 'id' | 'issuer'>, keyof DescribedIssuer>;

/** Platforms use a token again until it expires, so only an assertion about a user is used once. */
const DEFAULT_REPLAY: Readonly<Record<IssuerUse, Replay>> = {
  client_authentication: 'reusable',
  jwt_bearer: 'once',
  token_exchange: 'reusable',
};

/**
 * How a description arrives. Only the command line may name files of this machine: by HTTP, an administrator
 * could otherwise send any file of the service to a server of its choice.
 */
export type DescriptionSource = 'http' | 'command line';

/** Reads descriptions of trusted issuers, and rejects invalid ones. */
@Injectable()
export class IssuerDescription {
  private readonly rules = new Rules(IssuerRequestDto);
  private readonly fields = new Set([...this.rules.fields, ...READ_ONLY]);
  private readonly ownIssuer: string;
  private readonly urls: { readonly allowLoopbackHttp: boolean };

  constructor(
    @Inject(ISSUERS_SETTINGS) { issuer, production }: Pick<IssuersSettings, 'issuer' | 'production'>,
  ) {
    this.ownIssuer = issuer;
    this.urls = { allowLoopbackHttp: !production };
  }

  /**
   * Reads the description of a new entry.
   *
   * @throws {ChangeRefused} if the description is invalid
   */
  read(body: unknown, source: DescriptionSource): DescribedIssuer {
    const read = checked(this.rules.read(withoutNull(knownFields(body, this.fields))));
    const { id, issuer } = read;
    if (sameAudience(issuer, this.ownIssuer)) throw refused('issuer must not be the issuer of this service');
    const keys = this.keySource(read.keys);
    if (source === 'http' && namesFile(keys)) throw filesRefused();
    this.checkIssuer(issuer, keys);
    return { id, issuer, ...this.describedBy(read), keys };
  }

  /**
   * Applies a patch to an entry. Validates only the fields of the patch: what is stored was valid when it was
   * stored, and must never keep an administrator from disabling the entry.
   *
   * @param patch a JSON Merge Patch (RFC 7396)
   * @throws {ChangeRefused} if the patch is invalid
   */
  patch(entry: TrustedIssuer, patch: unknown, source: DescriptionSource): TrustedIssuer {
    const { id = entry.id, issuer = entry.issuer, ...sent } = knownFields(patch, this.fields);
    if (id !== entry.id) throw refused('id cannot be changed');
    if (issuer !== entry.issuer) throw refused('issuer cannot be changed');
    const has = (field: string): boolean => Object.hasOwn(sent, field);
    const current: Readonly<Record<(typeof OBJECTS)[number], object>> = {
      keys: keptOf(keySourceFields(entry.keys), sent['keys']),
      replay: entry.replay,
      claims: entry.claims,
    };
    const base = OBJECTS.filter(has).map((field) => [field, current[field]]);
    const merged = mergePatch(Object.fromEntries(base), sent);
    if (has('keys') && (!isJsonObject(merged) || !Object.hasOwn(merged, 'keys')))
      throw refused('keys is missing');
    const read = checked(this.rules.readPart(merged));
    const keys = has('keys') ? this.changedKeys(entry, read.keys, source) : entry.keys;
    const described = { ...this.describedBy(read), keys };
    const changed = Object.entries(PROPERTIES).filter(([field]) => has(field));
    return {
      ...entry,
      ...Object.fromEntries(changed.map(([, property]) => [property, described[property]])),
    };
  }

  /** A merge patch keeps the files of an entry, so a change of the URL alone would send them elsewhere. */
  private changedKeys(entry: TrustedIssuer, value: unknown, source: DescriptionSource): KeySource {
    if (isDeepStrictEqual(value, keySourceFields(entry.keys))) return entry.keys;
    const keys = this.keySource(value);
    if (source === 'http' && namesFile(keys)) throw filesRefused();
    this.checkIssuer(entry.issuer, keys);
    return keys;
  }

  private keySource(value: unknown): KeySource {
    const keys = readKeySource(value, this.urls);
    if (typeof keys === 'string') throw refused(keys.startsWith('.') ? `keys${keys}` : `keys ${keys}`);
    return keys;
  }

  /** With discovery, the issuer is the URL that is requested. */
  private checkIssuer(issuer: string, { kind }: KeySource): void {
    if (kind !== 'discovery') return;
    const fault = issuer.includes('?') ? 'must not have a query' : remoteUrlFault(issuer, this.urls);
    if (fault !== undefined) throw refused(`issuer ${fault}`);
  }

  /** The properties that a body describes, and the defaults of the others. */
  private describedBy(body: IssuerRequestDto): Omit<DescribedIssuer, 'id' | 'issuer' | 'keys'> {
    return {
      algorithms: body.algorithms ?? ['RS256', 'ES256'],
      audiences: body.audiences ?? [this.ownIssuer],
      uses: body.uses ?? [],
      types: body.typ ?? ['', 'JWT'],
      maxLifetimeSeconds: body.max_lifetime_seconds ?? 3600,
      replay: { ...DEFAULT_REPLAY, ...body.replay },
      subject: body.subject ?? 'prefixed',
      claims: body.claims ?? {},
      scopesClaim: body.scopes_claim ?? null,
      idJag: body.id_jag ?? false,
      disabled: body.disabled ?? false,
    };
  }
}

function checked(read: IssuerRequestDto | string): IssuerRequestDto {
  if (typeof read === 'string') throw refused(read);
  return read;
}

/**
 * What a patch changes: a set of keys in it replaces the current one as a whole. Merged with it, a single key in
 * place of a set would be ignored.
 */
function keptOf(current: object, patch: unknown): object {
  const isReplaced = (name: string): boolean =>
    KEY_SETS.includes(name) && isJsonObject(patch) && Object.hasOwn(patch, name);
  return Object.fromEntries(Object.entries(current).filter(([name]) => !isReplaced(name)));
}

function namesFile(keys: KeySource): boolean {
  return keys.kind === 'jwks_uri' && (keys.caFile !== null || keys.tokenFile !== null);
}

function filesRefused(): ChangeRefused {
  return refused('keys with ca_file or token_file can be set by the command line only');
}

function refused(message: string): ChangeRefused {
  return new ChangeRefused('invalid_request', message);
}
