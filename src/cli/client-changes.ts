import type { Command } from 'commander';
import { ChangeRefused } from '../clients/change-refused.js';
import type { ClientDto } from '../admin/dto/client-response.dto.js';
import { clientFields, withClientOptions } from './client-options.js';
import type { JsonOptions } from './command.js';
import { values } from './option-values.js';

/**
 * The lists of a client to which entries can be added and removed, keyed by the option that replaces the
 * whole list.
 */
const LISTS = {
  audience: { flag: 'audience <name>', field: 'audiences', add: 'addAudience', remove: 'removeAudience' },
  scope: { flag: 'scope <token>', field: 'scopes', add: 'addScope', remove: 'removeScope' },
  claim: { flag: 'claim <name>', field: 'claims', add: 'addClaim', remove: 'removeClaim' },
  mayActFor: {
    flag: 'may-act-for <subject>',
    field: 'may_act_for',
    add: 'addMayActFor',
    remove: 'removeMayActFor',
  },
} as const;

type List = (typeof LISTS)[keyof typeof LISTS];

/** The options that change a client. */
export type ChangeOptions = JsonOptions & {
  readonly [Name in List['add' | 'remove']]?: readonly string[];
};

/** Adds the options that change a client to a command. */
export function withChangeOptions(command: Command): Command {
  for (const { flag } of Object.values(LISTS)) {
    const [option = ''] = flag.split(' ');
    command
      .option(`--add-${flag}`, `add one to the list that --${option} replaces; repeat for several`, values)
      .option(
        `--remove-${flag}`,
        `remove one from the list that --${option} replaces; repeat for several`,
        values,
      );
  }
  return withClientOptions(command);
}

/**
 * Turns the options into a change of a client. Adding and removing entries depends on its current lists.
 *
 * @returns a function from the current client to a JSON Merge Patch (RFC 7396); it throws
 *   {@link ChangeRefused} if an entry to remove is missing
 * @throws {Error} if the options contradict each other, or change nothing
 */
export function clientPatch(options: ChangeOptions): (client: ClientDto) => Record<string, unknown> {
  const fields = clientFields(options);
  const edits = Object.entries(LISTS).flatMap(([name, list]) => edit(name, list, options));
  if (Object.keys(fields).length === 0 && edits.length === 0) {
    throw new Error('Nothing to change: see `clients update --help`');
  }
  return (client) => ({
    ...fields,
    ...Object.fromEntries(edits.map(({ field, apply }) => [field, apply(client[field])])),
  });
}

interface Edit {
  readonly field: List['field'];
  readonly apply: (current: readonly string[]) => readonly string[];
}

function edit(name: string, { field, add, remove }: List, options: ChangeOptions): Edit[] {
  const { [add]: added = [], [remove]: removed = [] } = options;
  if (added.length === 0 && removed.length === 0) return [];
  if (name in options)
    throw new Error(`${field} are either replaced as a whole, or added to and removed from`);
  const both = added.find((value) => removed.includes(value));
  if (both !== undefined) throw new Error(`${JSON.stringify(both)} is both added to ${field} and removed`);
  const apply = (current: readonly string[]): readonly string[] => {
    const absent = removed.find((value) => !current.includes(value));
    if (absent !== undefined) {
      throw new ChangeRefused('invalid_request', `${field} has no ${JSON.stringify(absent)} to remove`);
    }
    return [...new Set([...current, ...added])].filter((value) => !removed.includes(value));
  };
  return [{ field, apply }];
}

/** A field whose value a change replaced. */
export interface ChangedField {
  readonly field: string;
  readonly previous: unknown;
  readonly current: unknown;
}

/** The fields that a change replaced, except `updated_at`. */
export function changedFields(previous: object, current: object): readonly ChangedField[] {
  const before = new Map<string, unknown>(Object.entries(previous));
  return Object.entries(current)
    .map(([field, value]): ChangedField => ({ field, previous: before.get(field), current: value }))
    .filter(({ field, previous: old, current: now }) => {
      return field !== 'updated_at' && JSON.stringify(old) !== JSON.stringify(now);
    });
}
