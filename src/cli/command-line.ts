import { randomUUID } from 'node:crypto';
import type { Administrator } from '../clients/client-administration.js';

/** Who acts by the command line, for the audit: each run counts as one request. */
export const COMMAND_LINE: Administrator = { id: 'command line', requestId: randomUUID() };
