import { Injectable, Optional } from '@nestjs/common';
import { Clock } from '../clock.js';
import { Worker } from '../cluster/worker.js';
import { SharedResult } from '../concurrency/shared-result.js';
import { Metrics } from './metrics.js';

/** The metrics of all processes on the port together, as text. */
@Injectable()
export class MetricsText {
  private readonly text: SharedResult<string | undefined>;

  constructor({ registry }: Metrics, clock: Clock, @Optional() worker?: Worker) {
    worker?.share(registry);
    this.text = new SharedResult(() => (worker ? worker.metrics() : registry.metrics()), clock);
  }

  /** @returns the metrics; `undefined` if a process does not respond */
  read(): Promise<string | undefined> {
    return this.text.get();
  }
}
