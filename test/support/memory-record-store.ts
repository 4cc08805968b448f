import { type RecordChange, type RecordDecision, RecordStore } from '../../src/sync/record-store.js';

/** Stores records in the memory of this process. */
export class MemoryRecordStore<T> extends RecordStore<T> {
  private readonly changes = new Map<string, RecordChange<T>>();
  private revision = 0;

  override changesSince(revision: number, limit: number): Promise<readonly RecordChange<T>[]> {
    const later = [...this.changes.values()].filter((change) => change.revision > revision);
    return Promise.resolve(later.sort((a, b) => a.revision - b.revision).slice(0, limit));
  }

  override change(id: string, decide: RecordDecision<T>): Promise<RecordChange<T>> {
    return new Promise((resolve) => {
      const known = this.changes.get(id);
      const value = decide(known?.value, known !== undefined && known.value === undefined);
      const change = { id, value, revision: this.revision + 1 };
      this.revision = change.revision;
      this.changes.set(id, change);
      resolve(change);
    });
  }
}
