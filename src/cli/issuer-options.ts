import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { IssuerRequestDto } from '../admin/dto/issuer-request.dto.js';
import type { IssuerDto } from '../admin/dto/issuer-response.dto.js';
import { type JsonOptions, withJson } from './command.js';
import { fieldsOf, option } from './field-options.js';
import { readJson } from './json-file.js';
import {
  listOrNothing,
  notEmpty,
  NOTHING,
  single,
  singleOrNothing,
  trueOrFalse,
  wholeNumber,
} from './option-values.js';

/** The value of `--typ` for a token without a `typ`; no media type has this name. */
const ABSENT = 'absent';

/** The fields of an entry that options set; neither its ID nor its issuer can be changed. */
type Field = Exclude<keyof IssuerRequestDto, 'id' | 'issuer' | 'keys'>;

/** The options for the keys of an issuer, keyed by the fields of `keys` that they set. */
const KEY_OPTIONS = {
  discovery: new Option('--discovery', 'find its keys by its metadata, at its issuer'),
  jwks_uri: option('--jwks-uri <url>', 'the URL of its keys', single()),
  ca_file: option(
    '--ca-file <file>',
    'a PEM file with the certificates that verify the server of --jwks-uri',
    singleOrNothing((path) => resolve(path)),
  ),
  token_file: option(
    '--token-file <file>',
    'a file with the bearer token that the server of --jwks-uri requires',
    singleOrNothing((path) => resolve(path)),
  ),
  jwks: option('--jwks <file>', 'a file with its keys, a JWK Set', single(readJson)),
  spiffe_bundle_uri: option('--spiffe-bundle-uri <url>', 'the URL of a SPIFFE bundle', single()),
  spiffe_bundle: option('--spiffe-bundle <file>', 'a file with a SPIFFE bundle', single(readJson)),
  trust_domain: option('--trust-domain <name>', 'the trust domain of the SPIFFE bundle', single()),
} as const;

/** The options that replace the source of the keys. */
const SOURCES = ['discovery', 'jwks_uri', 'jwks', 'spiffe_bundle_uri', 'spiffe_bundle'] as const;

/** The options that describe an issuer, keyed by the fields that they set. */
const OPTIONS: Readonly<Record<Field, Option>> = {
  algorithms: option('--algorithm <name>', 'an accepted algorithm; repeat for several', listOrNothing),
  audiences: option('--audience <name>', 'an accepted value of aud; repeat for several', listOrNothing),
  uses: option(
    '--use <name>',
    'client_authentication, jwt_bearer or token_exchange; repeat for several. Without one, no token is accepted',
    listOrNothing,
  ),
  typ: option(
    '--typ <type>',
    `an accepted typ, or ${ABSENT} for a token without it; repeat for several`,
    listOrNothing,
  ),
  max_lifetime_seconds: option(
    '--max-lifetime <seconds>',
    'the longest lifetime of its tokens',
    singleOrNothing(wholeNumber),
  ),
  replay: option('--replay <use=once>', 'once or reusable, for a use; repeat for several', pairs),
  subject: option('--subject <kind>', 'prefixed or as_is', singleOrNothing(String)),
  claims: option(
    '--claim <pointer=name>',
    'a claim that our tokens take over, by its JSON pointer; repeat for several',
    pairs,
  ),
  scopes_claim: option(
    '--scopes-claim <pointer>',
    'the JSON pointer to the scope of the subject',
    singleOrNothing(String),
  ),
  id_jag: option('--id-jag <true|false>', 'whether its assertions are ID-JAGs', single(trueOrFalse)),
  disabled: option('--disabled <true|false>', 'whether its tokens are refused for now', single(trueOrFalse)),
};

/** Adds the options that describe an issuer to a command. */
export function withIssuerOptions(command: Command): Command {
  for (const each of [...Object.values(KEY_OPTIONS), ...Object.values(OPTIONS)]) command.addOption(each);
  return withJson(command);
}

/** The fields of the administration API that the options of a new entry set. */
export function issuerFields(options: JsonOptions): Record<string, unknown> {
  const keys = keyFields(options);
  return { ...plainFields(options), ...(keys && { keys }) };
}

/**
 * Turns the options into a change of an entry. A new source of the keys replaces the whole previous one, with the
 * files that belong to it.
 *
 * @returns a function from the current entry to a JSON Merge Patch (RFC 7396)
 * @throws {Error} if the options change nothing
 */
export function issuerPatch(options: JsonOptions): (entry: IssuerDto) => Record<string, unknown> {
  const keys = keyFields(options);
  const fields = plainFields(options);
  if (!keys && Object.keys(fields).length === 0) {
    throw new Error('Nothing to change: see `issuers update --help`');
  }
  return (entry) => ({
    ...fields,
    ...(fields['claims'] !== undefined && { claims: replacing(entry.claims, fields['claims']) }),
    ...(keys && { keys: keysPatch(entry.keys, keys) }),
  });
}

function keysPatch(current: object, keys: object): unknown {
  const source = SOURCES.find((name) => Object.hasOwn(keys, name));
  if (source === undefined) return keys;
  const { trust_domain, ...previous } = current as Readonly<Record<string, unknown>>;
  const isStillSpiffe = source.startsWith('spiffe');
  return replacing({ ...previous, ...(!isStillSpiffe && { trust_domain }) }, keys);
}

/** A merge patch keeps the fields that it does not have, so the others are removed by name. */
function replacing(previous: object, next: unknown): unknown {
  if (next === null) return null;
  return { ...Object.fromEntries(Object.keys(previous).map((name) => [name, null])), ...(next as object) };
}

function keyFields(options: JsonOptions): Record<string, unknown> | undefined {
  const keys = fieldsOf(KEY_OPTIONS, options);
  return Object.keys(keys).length > 0 ? keys : undefined;
}

function plainFields(options: JsonOptions): Record<string, unknown> {
  const fields = fieldsOf(OPTIONS, options);
  const types = fields['typ'];
  return Array.isArray(types)
    ? { ...fields, typ: types.map((type) => (type === ABSENT ? '' : type) as unknown) }
    : fields;
}

type Pairs = Readonly<Record<string, string>>;

/** Collects pairs of an option that may be given several times; a single `-` means none. */
function pairs(text: string, previous?: Pairs | typeof NOTHING): Pairs | typeof NOTHING {
  notEmpty(text);
  if (previous === undefined && text === NOTHING) return NOTHING;
  if (previous === NOTHING || text === NOTHING) {
    throw new InvalidArgumentError('- must be the only value.');
  }
  const equals = text.lastIndexOf('=');
  if (equals < 1) throw new InvalidArgumentError('It must be a name, = and a value.');
  const name = text.slice(0, equals);
  if (Object.hasOwn(previous ?? {}, name)) throw new InvalidArgumentError('It is given more than once.');
  return { ...previous, [name]: text.slice(equals + 1) };
}
