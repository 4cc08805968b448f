import {
  type RecordedRevocation,
  type Revocation,
  RevocationStore,
} from '../../src/revocation/revocation-store.js';

/** Stores revocations in the memory of this process. */
export class MemoryRevocationStore extends RevocationStore {
  private readonly recorded = new Map<string, RecordedRevocation>();
  private revision = 0;

  override add(revocations: readonly Revocation[]): Promise<void> {
    for (const revocation of revocations) {
      this.revision++;
      const { expiresAt = -Infinity } = this.recorded.get(revocation.key) ?? {};
      if (expiresAt < revocation.expiresAt) {
        this.recorded.set(revocation.key, { ...revocation, revision: this.revision });
      }
    }
    return Promise.resolve();
  }

  override since(revision: number, limit: number): Promise<readonly RecordedRevocation[]> {
    const later = [...this.recorded.values()].filter((each) => each.revision > revision);
    return Promise.resolve(later.sort((a, b) => a.revision - b.revision).slice(0, limit));
  }

  override deleteExpired(time: number): Promise<void> {
    for (const [key, { expiresAt }] of this.recorded) if (expiresAt <= time) this.recorded.delete(key);
    return Promise.resolve();
  }
}
