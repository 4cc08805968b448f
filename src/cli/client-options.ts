import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type JsonOptions, withJson } from './command.js';

/** The options that describe a client, by the names of the members that they set. */
export interface ClientOptions extends JsonOptions {
  readonly name?: string;
  readonly audience?: string[];
  readonly defaultAudience?: string;
  readonly scope?: string[];
  readonly claim?: string[];
  readonly grantType?: string[];
  readonly lifetime?: number;
  readonly mayActFor?: string[];
  readonly jwks?: unknown;
}

/** Collects an option that may be given more than once; `-` alone stands for an empty list. */
function collect(value: string, former: string[] = []): string[] {
  return value === '-' ? former : [...former, value];
}

/** Gives a command the options that describe a client. */
export function withClientOptions(command: Command): Command {
  return withJson(
    command
      .option('--name <text>', 'for people')
      .option('--audience <name>', 'whom it may ask for tokens for; repeat for several', collect)
      .option('--default-audience <name>', 'for requests that name no audience')
      .option('--scope <token>', 'what it may ask for; repeat for several', collect)
      .option('--claim <name>', 'a further claim that it may set; repeat for several', collect)
      .option('--grant-type <type>', 'a grant that it may use; repeat for several', collect)
      .option('--lifetime <seconds>', 'lifetime of its tokens', Number)
      .option('--may-act-for <subject>', 'a subject, or a prefix that ends in *; repeat for several', collect)
      .option('--jwks <file>', 'a file with its public keys, a JWK Set', readJson),
  );
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8')) as unknown;
}

/** The members of the administration's JSON that the options name; those that were not given are left out. */
export function clientMembers(options: ClientOptions): Record<string, unknown> {
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
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
