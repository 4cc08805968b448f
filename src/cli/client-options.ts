import { readFileSync } from 'node:fs';
import { Option } from 'nest-commander';
import { JsonCommand, type JsonOptions } from './json.command.js';

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

/** A command with the options that describe a client. */
export abstract class ClientOptionsCommand extends JsonCommand {
  @Option({ flags: '--name <text>', description: 'for people' })
  name(value: string): string {
    return value;
  }

  @Option({ flags: '--audience <name>', description: 'whom it may ask for tokens for; repeat for several' })
  audience(value: string, former?: string[]): string[] {
    return collect(value, former);
  }

  @Option({ flags: '--default-audience <name>', description: 'for requests that name no audience' })
  defaultAudience(value: string): string {
    return value;
  }

  @Option({ flags: '--scope <token>', description: 'what it may ask for; repeat for several' })
  scope(value: string, former?: string[]): string[] {
    return collect(value, former);
  }

  @Option({ flags: '--claim <name>', description: 'a further claim that it may set; repeat for several' })
  claim(value: string, former?: string[]): string[] {
    return collect(value, former);
  }

  @Option({ flags: '--grant-type <type>', description: 'a grant that it may use; repeat for several' })
  grantType(value: string, former?: string[]): string[] {
    return collect(value, former);
  }

  @Option({ flags: '--lifetime <seconds>', description: 'lifetime of its tokens' })
  lifetime(value: string): number {
    return Number(value);
  }

  @Option({
    flags: '--may-act-for <subject>',
    description: 'a subject, or a prefix that ends in *; repeat for several',
  })
  mayActFor(value: string, former?: string[]): string[] {
    return collect(value, former);
  }

  @Option({ flags: '--jwks <file>', description: 'a file with its public keys, a JWK Set' })
  jwks(path: string): unknown {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  }
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
