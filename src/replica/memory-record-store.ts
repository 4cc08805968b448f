import { RecordStore, type RecordChange } from './record-store.js';

/** Records in the memory of this process: for tests, and for applications that need none to outlive it. */
export class MemoryRecordStore<T> extends RecordStore<T> {
  private readonly changes = new Map<string, RecordChange<T>>();
  private revision = 0;

  override changesSince(revision: number, limit: number): Promise<readonly RecordChange<T>[]> {
    const later = [...this.changes.values()].filter((change) => change.revision > revision);
    return Promise.resolve(later.sort((a, b) => a.revision - b.revision).slice(0, limit));
  }

  override change(id: string, decide: (current: T | undefined) => T | undefined): Promise<RecordChange<T>> {
    return new Promise((resolve) => {
      const change = { id, value: decide(this.changes.get(id)?.value), revision: this.revision + 1 };
      this.revision = change.revision;
      this.changes.set(id, change);
      resolve(change);
    });
  }
}
