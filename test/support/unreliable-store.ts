import { MemoryRecordStore } from './memory-record-store.js';
import {
  type ChangeOptions,
  type RecordChange,
  type RecordDecision,
  StoreUnavailable,
} from '../../src/sync/record-store.js';

/** Records in memory that can be unavailable for a while, and whose results a test can delay. */
export class UnreliableStore<T> extends MemoryRecordStore<T> {
  /** Whether every request fails. */
  unavailable = false;
  /** The requests for changes, the most recent last. */
  readonly asked: { readonly since: number; readonly limit: number }[] = [];
  private holding: Promise<void> | undefined;

  /** Delays results from now on; they stay as of their request. @returns a function that releases them */
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
    this.refuseIfUnavailable();
    const answer = await super.changesSince(revision, limit);
    await this.holding;
    return answer;
  }

  override async change(
    id: string,
    decide: RecordDecision<T>,
    options?: ChangeOptions,
  ): Promise<RecordChange<T>> {
    this.refuseIfUnavailable();
    const answer = await super.change(id, decide, options);
    await this.holding;
    return answer;
  }

  private refuseIfUnavailable(): void {
    if (this.unavailable) throw new StoreUnavailable(new Error('connect ECONNREFUSED'));
  }
}
