import { RecordStore } from '../sync/record-store.js';
import { type Client, LATER_FIELDS } from './client.js';

/** Stores clients by their ID. */
export abstract class ClientStore extends RecordStore<Client> {}

/** Reads a stored client, which an earlier version may have stored. */
export function storedClient(document: Omit<Client, keyof typeof LATER_FIELDS> & Partial<Client>): Client {
  return { ...LATER_FIELDS, ...document };
}
