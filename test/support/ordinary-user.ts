import { failureOf } from './reachable.js';

/** The user `nobody` of most systems. */
const UNPRIVILEGED_UID = 65_534;

/**
 * Acts as a user that file modes apply to. To root they do not, so if root runs the tests, another user acts
 * meanwhile, in this whole process.
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

/** Why no one else can act here; `undefined` if someone can. */
export const ordinaryUserMissing = await failureOf(() => asOrdinaryUser(() => Promise.resolve()));
