import type { Command, Option } from 'commander';
import type { ClientRequestDto } from '../admin/dto/client-request.dto.js';
import { type JsonOptions, withJson } from './command.js';
import { fieldsOf, option } from './field-options.js';
import { readJson } from './json-file.js';
import {
  json,
  list,
  listOfJson,
  listOrNothing,
  single,
  singleOrNothing,
  trueOrFalse,
  wholeNumber,
} from './option-values.js';

/**
 * The fields of a client that options set. `clients disable` and `clients enable` set `disabled`; the ID
 * cannot be changed.
 */
type Field = Exclude<keyof ClientRequestDto, 'client_id' | 'disabled'>;

/** The options that describe a client, keyed by the fields that they set. */
const OPTIONS: Readonly<Record<Field, Option>> = {
  name: option('--name <text>', 'a name for people', single()),
  audiences: option(
    '--audience <name>',
    'an audience that it may request tokens for; repeat for several',
    list,
  ),
  default_audience: option(
    '--default-audience <name>',
    'the audience of requests that name none',
    singleOrNothing(String),
  ),
  scopes: option('--scope <token>', 'a scope that it may request; repeat for several', list),
  claims: option('--claim <name>', 'a custom claim that it may set; repeat for several', list),
  grant_types: option('--grant-type <type>', 'a grant that it may use; repeat for several', list),
  token_lifetime_seconds: option(
    '--lifetime <seconds>',
    'lifetime of its tokens',
    singleOrNothing(wholeNumber),
  ),
  may_act_for: option(
    '--may-act-for <subject>',
    'a subject, or a prefix that ends in *; repeat for several',
    list,
  ),
  federated_credentials: option(
    '--federated-credential <json>',
    'a token of a trusted issuer that authenticates it, such as {"issuer":"ci","subject":"job"}; repeat for several',
    listOfJson,
  ),
  workload_grant: option(
    '--workload-grant <true|false>',
    'whether such a token gets it a token without client authentication',
    single(trueOrFalse),
  ),
  jwt_bearer: option(
    '--jwt-bearer <json>',
    'how it may get tokens for users, such as {"issuers":["corporate"]}',
    singleOrNothing(json),
  ),
  token_endpoint_auth_methods: option(
    '--auth-method <method>',
    'a method by which it may authenticate; repeat for several; - for all',
    listOrNothing,
  ),
  jwks: option('--jwks <file>', 'a file with its public keys, a JWK Set', singleOrNothing(readJson)),
};

/** Adds the options that describe a client to a command. */
export function withClientOptions(command: Command): Command {
  for (const each of Object.values(OPTIONS)) command.addOption(each);
  return withJson(command);
}

/** The fields of the administration API that the options set. */
export function clientFields(options: JsonOptions): Record<string, unknown> {
  return fieldsOf(OPTIONS, options);
}
