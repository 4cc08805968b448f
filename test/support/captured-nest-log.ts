import { Logger, type LoggerService } from '@nestjs/common';

/** Captures what Nest's `Logger` logs in a test file. */
export class CapturedNestLog implements LoggerService {
  readonly warnings: string[] = [];
  readonly others: string[] = [];

  constructor() {
    Logger.overrideLogger(this);
  }

  get text(): string {
    return [...this.warnings, ...this.others].join('\n');
  }

  clear(): void {
    this.warnings.length = 0;
    this.others.length = 0;
  }

  warn(message: unknown): void {
    this.warnings.push(String(message));
  }

  readonly log = (message: unknown): void => void this.others.push(String(message));
  readonly error = this.log;
}
