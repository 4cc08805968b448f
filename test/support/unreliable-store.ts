import { MemoryRecordStore } from '../../src/sync/memory-record-store.js';
import { type RecordChange, type RecordDecision, StoreUnavailable } from '../../src/sync/record-store.js';

/** Records in memory that can be unavailable for a while, and whose answers a test can hold back. */
export class UnreliableStore<T> extends MemoryRecordStore<T> {
  /** Whether every request fails. */
  away = false;
  /** How many changes were asked for at once, most recent last. */
  readonly asked: { readonly since: number; readonly limit: number }[] = [];
  private holding: Promise<void> | undefined;

  /** Holds back what is answered from now on, as it is when it is asked for. @returns what lets it go */
  hold(): () => void {
    let release = (): void => {};
    this.holding = new Promise((resolve) => {
      release = () => {
        this.holding = undefined;
        resolve();
      };
    });
    return release;
  }

  override async changesSince(revision: number, limit: number): Promise<readonly RecordChange<T>[]> {
    this.asked.push({ since: revision, limit });
    this.refuseWhileAway();
    const answer = await super.changesSince(revision, limit);
    await this.holding;
    return answer;
  }

  override async change(id: string, decide: RecordDecision<T>): Promise<RecordChange<T>> {
    this.refuseWhileAway();
    const answer = await super.change(id, decide);
    await this.holding;
    return answer;
  }

  private refuseWhileAway(): void {
    if (this.away) throw new StoreUnavailable(new Error('connect ECONNREFUSED'));
  }
}
