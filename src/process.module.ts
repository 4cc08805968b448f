import { type DynamicModule, Module } from '@nestjs/common';
import { Clock } from './clock.js';
import { Worker } from './cluster/worker.js';
import { type Log, LOG } from './log.js';
import { ChangeNotifier, SINGLE_PROCESS } from './sync/change-notifier.js';

/** Options of {@link ProcessModule.forRoot}. */
export interface ProcessOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** The link to the other workers, if there are any. */
  readonly worker?: Worker | undefined;
}

/** What the process provides to every module: the clock, the log, and the link to the other workers. */
@Module({})
export class ProcessModule {
  static forRoot({ clock, log, worker }: ProcessOptions): DynamicModule {
    return {
      module: ProcessModule,
      global: true,
      providers: [
        { provide: Clock, useValue: clock },
        { provide: LOG, useValue: log },
        ...(worker ? [{ provide: Worker, useValue: worker }] : []),
        { provide: ChangeNotifier, useValue: worker ?? SINGLE_PROCESS },
      ],
      exports: [Clock, LOG, ...(worker ? [Worker] : []), ChangeNotifier],
    };
  }
}
