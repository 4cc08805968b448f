import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Between, LessThan, type Repository } from 'typeorm';
import { LogEntry } from './log-entry.js';

/** How many lines are read at a time if all are requested. */
const CHUNK = 500;

/** Keeps the log. */
@Injectable()
export class LogStore {
  constructor(@InjectRepository(LogEntry) private readonly entries: Repository<LogEntry>) {}

  async add(entry: Omit<LogEntry, 'id' | 'time'>): Promise<void> {
    await this.entries.insert({ ...entry, time: new Date().toISOString() });
  }

  /** @returns the newest lines, or those before the one of this number; newest first */
  page(limit: number, before?: number): Promise<LogEntry[]> {
    const where = before === undefined ? {} : { id: LessThan(before) };
    return this.entries.find({ where, order: { id: 'DESC' }, take: limit });
  }

  /** Reads what is there now, oldest first; what is written meanwhile is left out, so that this comes to an end. */
  async *all(): AsyncGenerator<LogEntry> {
    const [newest] = await this.page(1);
    if (!newest) return;
    for (let next = 1; next <= newest.id;) {
      const chunk = await this.entries.find({
        where: { id: Between(next, newest.id) },
        order: { id: 'ASC' },
        take: CHUNK,
      });
      yield* chunk;
      next = (chunk.at(-1)?.id ?? newest.id) + 1;
    }
  }

  /** Removes every line. */
  async purge(): Promise<void> {
    await this.entries.createQueryBuilder().delete().execute();
  }
}
