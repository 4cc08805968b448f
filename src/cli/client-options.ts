import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { type JsonOptions, withJson } from './command.js';
import { list, NOTHING, single, singleOrNothing, wholeNumber } from './option-values.js';

/** The options that describe a client, by the names of the fields that they set. */
export interface ClientOptions extends JsonOptions {
  readonly name?: string;
  readonly audience?: readonly string[];
  readonly defaultAudience?: string;
  readonly scope?: readonly string[];
  readonly claim?: readonly string[];
  readonly grantType?: readonly string[];
  readonly lifetime?: number | typeof NOTHING;
  readonly mayActFor?: readonly string[];
  readonly jwks?: unknown;
}

/** Adds the options that describe a client to a command. */
export function withClientOptions(command: Command): Command {
  return withJson(
    command
      .option('--name <text>', 'for people', single())
      .option('--audience <name>', 'an audience that it may request tokens for; repeat for several', list)
      .option('--default-audience <name>', 'for requests that name no audience', singleOrNothing(String))
      .option('--scope <token>', 'a scope that it may request; repeat for several', list)
      .option('--claim <name>', 'a custom claim that it may set; repeat for several', list)
      .option('--grant-type <type>', 'a grant that it may use; repeat for several', list)
      .option('--lifetime <seconds>', 'lifetime of its tokens', singleOrNothing(wholeNumber))
      .option('--may-act-for <subject>', 'a subject, or a prefix that ends in *; repeat for several', list)
      .option('--jwks <file>', 'a file with its public keys, a JWK Set', singleOrNothing(readJson)),
  );
}

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new InvalidArgumentError('The file cannot be read.');
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new InvalidArgumentError('The file is not JSON.');
  }
}

/**
 * The fields of the administration API that the options set; absent options are omitted, and those given as
 * `-` are null.
 */
export function clientFields(options: ClientOptions): Record<string, unknown> {
  const members = {
    name: options.name,
    audiences: options.audience,
    default_audience: options.defaultAudience,
    scopes: options.scope,
    claims: options.claim,
    grant_types: options.grantType,
    token_lifetime_seconds: options.lifetime,
    may_act_for: options.mayActFor,
    jwks: options.jwks,
  };
  return Object.fromEntries(
    Object.entries(members)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, value === NOTHING ? null : value]),
  );
}
