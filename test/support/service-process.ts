import { join } from 'node:path';
import { type LogEntry, Program, type ProgramOptions } from './program.js';

/** The service in its own process, from compiled sources. */
export class ServiceProcess extends Program {
  /** @param sources from `compiledSource()` */
  constructor(sources: string, options: ProgramOptions) {
    super(process.execPath, [join(sources, 'src/main.js')], options);
  }

  /** Waits until this many of its processes listen. */
  listening(processes = 1): Promise<LogEntry[]> {
    return this.logged(/^listening$/, processes);
  }
}
