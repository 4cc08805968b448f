import { beforeEach, describe, expect, it } from '@jest/globals';
import { KeyAdministration, RotationIncomplete } from '../../../src/keys/key-administration.js';
import { type AuditEvent, AuditLog } from '../../../src/audit/audit-log.js';
import { type RecordChange, type RecordDecision, StoreUnavailable } from '../../../src/sync/record-store.js';
import type { StoredKey } from '../../../src/keys/key-store.js';
import type { ManagedKeys } from '../../../src/keys/managed-keys.js';
import { Connection, SharedKeys, storedKeys } from '../../support/key-fleet.js';
import { MovedClock } from '../../support/moved-clock.js';

class KeptAudit extends AuditLog {
  readonly events: AuditEvent[] = [];

  override record(_requestId: string, event: AuditEvent): void {
    this.events.push(event);
  }
}

/** A connection that fails after `left` changes. */
class FragileConnection extends Connection {
  left = Infinity;

  override async change(
    id: string,
    decide: RecordDecision<readonly StoredKey[]>,
  ): Promise<RecordChange<readonly StoredKey[]>> {
    this.cut = this.left === 0;
    const change = await super.change(id, decide);
    this.left -= 1;
    return change;
  }
}

const BY = { id: 'admin', requestId: 'request-1' };

let connection: FragileConnection;
let keys: ManagedKeys;
let audit: KeptAudit;
let administration: KeyAdministration;
beforeEach(async () => {
  const clock = new MovedClock();
  connection = new FragileConnection(new SharedKeys());
  keys = storedKeys(connection, clock, { algorithms: ['ES256', 'EdDSA'] });
  await keys.sync();
  await keys.ensureAdministration();
  // Now the next keys have been published long enough to sign at once.
  clock.advance(3_600);
  await keys.sync();
  audit = new KeptAudit();
  administration = new KeyAdministration(keys, audit, clock, []);
});

const signing = (): (string | undefined)[] =>
  (['ES256', 'EdDSA', 'administration'] as const).map((purpose) => keys.signing(purpose)?.id);

describe('KeyAdministration.rotate', () => {
  it.each([true, false])('audits every kind of key that it replaces (revoke: %s)', async (revoke) => {
    expect(await administration.rotate(undefined, revoke, BY)).toBe(true);
    const common = { event: 'keys.rotated', revoke, by: 'admin' };
    expect(audit.events).toEqual([
      { ...common, algorithm: 'ES256', purpose: 'tokens' },
      { ...common, algorithm: 'EdDSA', purpose: 'tokens' },
      { ...common, algorithm: 'ES256', purpose: 'administration' },
    ]);
  });

  it('audits and changes nothing if no key has the algorithm', async () => {
    const before = signing();
    expect(await administration.rotate('RS256', true, BY)).toBe(false);
    expect({ events: audit.events, signing: signing() }).toEqual({ events: [], signing: before });
  });

  it('audits and changes nothing if the database is unavailable', async () => {
    const before = signing();
    connection.left = 0;
    await expect(administration.rotate(undefined, true, BY)).rejects.toThrow(StoreUnavailable);
    expect({ events: audit.events, signing: signing() }).toEqual({ events: [], signing: before });
  });

  it('throws RotationIncomplete and audits the keys that it replaced before the database failed', async () => {
    const [first, ...others] = signing();
    connection.left = 1;
    await expect(administration.rotate(undefined, true, BY)).rejects.toThrow(RotationIncomplete);
    expect(audit.events).toEqual([expect.objectContaining({ algorithm: 'ES256', purpose: 'tokens' })]);
    const [replaced, ...left] = signing();
    expect(replaced).not.toBe(first);
    expect(left).toEqual(others);
  });
});
