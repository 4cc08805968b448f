import { failureOf } from './reachable.js';

/** The user `nobody` of most systems. */
const UNPRIVILEGED_UID = 65_534;

/**
 * Acts as a user that file modes apply to. They do not apply to root: if root runs the tests, the whole
 * process switches to another user meanwhile.
 */
export async function asOrdinaryUser<R>(act: () => Promise<R>): Promise<R> {
  if (process.geteuid?.() !== 0) return act();
  process.seteuid?.(UNPRIVILEGED_UID);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
  }
}

/** Why the process cannot switch users; `undefined` if it can or need not. */
export const ordinaryUserMissing = await failureOf(() => asOrdinaryUser(() => Promise.resolve()));
