import type { Logger } from 'pino';
import { createLog } from '../../src/observability/log.js';

/** A line of the log. */
export interface LogLine {
  readonly level: number;
  readonly msg?: string;
  readonly [member: string]: unknown;
}

/** The levels of pino. */
export const LEVEL = { debug: 20, info: 30, warn: 40, error: 50 } as const;

/** The log of the process, with its own redaction, written to an array. */
export class CapturedLog {
  readonly log: Logger;
  private readonly texts: string[] = [];

  constructor(level = 'trace') {
    this.log = createLog(level, { write: (text) => void this.texts.push(text) });
  }

  get text(): string {
    return this.texts.join('');
  }

  get lines(): LogLine[] {
    return this.texts.map((text) => JSON.parse(text) as LogLine);
  }

  clear(): void {
    this.texts.length = 0;
  }
}
