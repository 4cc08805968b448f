import { RecordStore } from '../sync/record-store.js';
import type { Client } from './client.js';

/** Stores clients by their ID. */
export abstract class ClientStore extends RecordStore<Client> {}
