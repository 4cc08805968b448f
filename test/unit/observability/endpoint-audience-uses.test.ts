import { describe, expect, it } from '@jest/globals';
import { EndpointAudienceUses } from '../../../src/observability/endpoint-audience-uses.js';
import { Metrics } from '../../../src/observability/metrics.js';
import { CapturedLog } from '../../support/captured-log.js';
import { MovedClock, NEW_YEAR } from '../../support/moved-clock.js';

function uses(): {
  uses: EndpointAudienceUses;
  named: () => unknown[];
  clock: MovedClock;
  counted: () => Promise<string>;
} {
  const [captured, clock, metrics] = [new CapturedLog(), new MovedClock(), new Metrics()];
  return {
    uses: new EndpointAudienceUses(captured.log, metrics, clock),
    named: () => captured.lines.map((line) => line['client_id']),
    clock,
    counted: async () => {
      const text = await metrics.registry.metrics();
      return /^identity_endpoint_audience_assertions_total (\d+)$/m.exec(text)?.[1] ?? '';
    },
  };
}

describe('EndpointAudienceUses', () => {
  it('counts each use, and logs each client once an hour', async () => {
    const { uses: log, named, clock, counted } = uses();
    for (const id of ['a', 'b', 'a', 'a', 'b']) log.used(id);
    expect(named()).toEqual(['a', 'b']);
    clock.set(NEW_YEAR + 3_599);
    log.used('a');
    expect(named()).toEqual(['a', 'b']);
    clock.set(NEW_YEAR + 3_600);
    log.used('a');
    log.used('a');
    expect(named()).toEqual(['a', 'b', 'a']);
    expect(await counted()).toBe('8');
  });

  it('remembers 10,000 clients, and forgets the one logged longest ago', () => {
    const { uses: log, named } = uses();
    for (let client = 0; client <= 10_000; client++) log.used(`client-${client}`);
    expect(named()).toHaveLength(10_001);
    for (const client of [1, 10_000, 0]) log.used(`client-${client}`);
    expect(named().slice(10_001)).toEqual(['client-0']);
  });
});
