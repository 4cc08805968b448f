import { Injectable } from '@nestjs/common';

/** The most notes that are kept; the oldest are dropped. */
const MAX_NOTES = 1_000;

/** One note. */
export interface Note {
  readonly text: string;
  /** The `sub` of the token that it came with. */
  readonly writtenBy: string | null;
}

/** Keeps notes in memory: put your own data in its place. */
@Injectable()
export class NoteStore {
  private readonly notes: Note[] = [];

  add(note: Note): void {
    this.notes.push(note);
    if (this.notes.length > MAX_NOTES) this.notes.shift();
  }

  /** Newest first. */
  list(most: number): readonly Note[] {
    return this.notes.slice(-most).reverse();
  }
}
