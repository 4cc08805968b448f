import { Injectable } from '@nestjs/common';
import { AssertionStore } from '../clients/assertion-store.js';
import { Database } from './database.js';
import { AssertionTable } from './entities.js';
import { deleteExpired } from './delete-expired.js';

/** Stores used assertions in one table, whose primary key accepts each of them once. */
@Injectable()
export class TypeOrmAssertionStore extends AssertionStore {
  constructor(private readonly database: Database) {
    super();
  }

  override async useOnce(key: string, expiresAt: number): Promise<boolean> {
    try {
      await this.database.transaction((manager) =>
        manager.insert(AssertionTable, { id: key, expires_at: expiresAt }),
      );
      return true;
    } catch (error) {
      // Each database reports a duplicate key in its own way; a query for the key works with all of them.
      if (await this.isUsed(key)) return false;
      throw error;
    }
  }

  override isUsed(key: string): Promise<boolean> {
    return this.database.read((manager) => manager.existsBy(AssertionTable, { id: key }));
  }

  override deleteExpired(time: number): Promise<void> {
    return deleteExpired(this.database, AssertionTable, time);
  }
}
