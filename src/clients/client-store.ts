import { RecordStore } from '../sync/record-store.js';
import type { Client } from './client.js';

/** Where clients are kept, by their id. */
export abstract class ClientStore extends RecordStore<Client> {}
