import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Client } from '../../../src/clients/client.js';
import { ClientRegistry } from '../../../src/clients/client-registry.js';
import { type ExpiringSecret, expiringSecrets } from '../../../src/clients/expiring-secrets.js';
import { ExpiryWarnings } from '../../../src/clients/expiry-warnings.js';
import { clientOf } from '../../support/client-values.js';
import { MemoryRecordStore } from '../../support/memory-record-store.js';
import { MovedClock } from '../../support/moved-clock.js';

const DAY = 24 * 60 * 60 * 1000;

const client = (id: string, expiries: readonly (number | null)[], disabled = false): Client =>
  clientOf({
    id,
    disabled,
    secrets: expiries.map((expiresAt, index) => ({
      id: `${id}-${index}`,
      hash: '',
      createdAt: 0,
      expiresAt,
    })),
  });

describe('expiringSecrets', () => {
  it.each<[string, number | null, boolean]>([
    ['never expires', null, false],
    ['has expired', 1_000, false],
    ['expires now', 10_000, false],
    ['expires in a millisecond', 10_001, true],
    ['expires in 14 days', 10_000 + 14 * DAY, true],
    ['expires a millisecond after 14 days', 10_001 + 14 * DAY, false],
  ])('finds a secret that %s (expiresAt %s): %s', (_name, expiresAt, isFound) => {
    expect(expiringSecrets([client('a', [expiresAt])], 10_000)).toHaveLength(isFound ? 1 : 0);
  });

  it('orders secrets by expiry across all clients', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer({ min: 1, max: 20 * DAY }), { maxLength: 2 })), (lists) => {
        const found = expiringSecrets(
          lists.map((list, index) => client(`c${index}`, list)),
          0,
        );
        const expected = lists.flat().filter((time) => time <= 14 * DAY);
        expect(found.map(({ expiresAt }) => expiresAt)).toEqual(expected.sort((one, other) => one - other));
      }),
    );
  });
});

describe('ExpiryWarnings', () => {
  async function warnings(clients: readonly Client[]): Promise<{
    clock: MovedClock;
    secrets: ExpiringSecret[];
    more: number[];
    sync: () => Promise<void>;
  }> {
    const clock = new MovedClock(0);
    const registry = new ClientRegistry(new MemoryRecordStore());
    for (const each of clients) await registry.change(each.id, () => each);
    const secrets: ExpiringSecret[] = [];
    const more: number[] = [];
    const report = {
      secret: (each: ExpiringSecret): void => void secrets.push(each),
      more: (count: number): void => void more.push(count),
    };
    const made = new ExpiryWarnings(registry, clock, report);
    return { clock, secrets, more, sync: () => made.sync() };
  }

  it('warn at the start and once a day, for enabled clients only', async () => {
    const all = [
      client('a', [3 * DAY]),
      client('b', [3 * DAY], true),
      client('c', [null]),
      client('d', [20 * DAY]),
    ];
    const { clock, secrets, sync } = await warnings(all);
    await sync();
    expect(secrets).toEqual([{ client: 'a', secretId: 'a-0', expiresAt: 3 * DAY }]);
    clock.advance(DAY / 1000 - 1);
    await sync();
    expect(secrets).toHaveLength(1);
    clock.advance(1);
    await sync();
    await sync();
    expect(secrets).toHaveLength(2);
    clock.advance((6 * DAY) / 1000);
    await sync();
    expect(secrets.at(-1)).toEqual({ client: 'd', secretId: 'd-0', expiresAt: 20 * DAY });
  });

  it('name at most 20 secrets and the number of others', async () => {
    const many = Array.from({ length: 30 }, (_each, index) => client(`c${index}`, [DAY + index]));
    const { secrets, more, sync } = await warnings(many);
    await sync();
    expect(secrets.map(({ expiresAt }) => expiresAt)).toEqual(
      many.slice(0, 20).map((_each, index) => DAY + index),
    );
    expect(more).toEqual([10]);
  });
});
