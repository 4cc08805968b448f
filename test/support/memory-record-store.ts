import {
  type ChangeOptions,
  type RecordChange,
  type RecordDecision,
  RecordStore,
} from '../../src/sync/record-store.js';

/** Stores records in the memory of this process. */
export class MemoryRecordStore<T> extends RecordStore<T> {
  private readonly changes = new Map<string, RecordChange<T>>();
  private revision = 0;

  override changesSince(revision: number, limit: number): Promise<readonly RecordChange<T>[]> {
    return Promise.resolve(this.after(revision).slice(0, limit));
  }

  override change(
    id: string,
    decide: RecordDecision<T>,
    { mirrors = [] }: ChangeOptions = {},
  ): Promise<RecordChange<T>> {
    return new Promise((resolve) => {
      const known = this.changes.get(id);
      const wasRemoved = known !== undefined && known.value === undefined;
      for (const mirror of mirrors) {
        const missed = mirror.store instanceof MemoryRecordStore ? mirror.store.after(mirror.revision) : [];
        for (const change of missed) mirror.apply(change);
      }
      const value = decide(known?.value, wasRemoved);
      const change = { id, value, revision: this.revision + 1 };
      this.revision = change.revision;
      this.changes.set(id, change);
      resolve(change);
    });
  }

  after(revision: number): RecordChange<T>[] {
    const later = [...this.changes.values()].filter((change) => change.revision > revision);
    return later.sort((a, b) => a.revision - b.revision);
  }
}
