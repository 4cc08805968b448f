import { RecordStore } from '../sync/record-store.js';
import type { TrustedIssuer } from './trusted-issuer.js';

/** Stores trusted issuers by the ID of their entry. */
export abstract class IssuerStore extends RecordStore<TrustedIssuer> {}
