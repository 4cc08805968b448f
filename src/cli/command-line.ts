import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Administrator } from '../audit/persisted-event.js';

/** The command line as an administrator, for the audit log: each run counts as one request. */
export const COMMAND_LINE: Administrator = { id: 'command line', requestId: randomUUID(), osUser: osUser() };

/** In a container the user may have an ID but no name. */
function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
