import { describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../../src/audit/audit-log.js';
import { IssuerLog } from '../../../src/observability/issuer-log.js';
import { Metrics } from '../../../src/observability/metrics.js';
import { CapturedLog } from '../../support/captured-log.js';

function setUp() {
  const events: AuditEvent[] = [];
  const captured = new CapturedLog();
  const metrics = new Metrics();
  const log = new IssuerLog({ record: (_id, event) => events.push(event) }, metrics, captured.log);
  const samples = async (name: string): Promise<string[]> =>
    (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith(`${name}{`));
  return { log, events, captured, samples };
}

describe('IssuerLog', () => {
  const event = { requestId: 'r', use: 'jwt_bearer', issuer: 'idp', subject: 'alice' } as const;

  it('audits and counts each token, with the check that failed', async () => {
    const { log, events, samples } = setUp();
    log.outcome({ ...event, outcome: 'accepted' });
    log.outcome({ ...event, outcome: 'replay' });
    log.outcome({ ...event, issuer: undefined, subject: undefined, outcome: 'issuer' });
    const known = { use: 'jwt_bearer', trusted_issuer: 'idp', sub: 'alice' };
    expect(events).toEqual([
      { event: 'outside_token.accepted', ...known },
      { event: 'outside_token.refused', check: 'replay', ...known },
      { event: 'outside_token.refused', check: 'issuer', use: 'jwt_bearer' },
    ]);
    expect(await samples('identity_outside_tokens_total')).toEqual([
      'identity_outside_tokens_total{issuer="idp",use="jwt_bearer",outcome="accepted"} 1',
      'identity_outside_tokens_total{issuer="idp",use="jwt_bearer",outcome="replay"} 1',
      'identity_outside_tokens_total{issuer="unknown",use="jwt_bearer",outcome="issuer"} 1',
    ]);
  });

  it('counts at most 1,000 entries by name', async () => {
    const { log, samples } = setUp();
    for (let n = 0; n < 1_010; n++) log.keysUnavailable(`entry-${n}`, 'ECONNREFUSED');
    const counted = await samples('identity_issuer_key_outages_total');
    expect(counted).toHaveLength(1_001);
    expect(counted.at(-1)).toBe('identity_issuer_key_outages_total{issuer="other"} 10');
  });

  it('writes a line when an outage begins, and one when it has ended', () => {
    const { log, captured } = setUp();
    log.keysUnavailable('idp', 'https://idp.example: ECONNREFUSED');
    log.keysRestored('idp');
    expect(captured.lines).toMatchObject([
      { level: 40, trusted_issuer: 'idp', reason: 'https://idp.example: ECONNREFUSED' },
      { level: 30, trusted_issuer: 'idp' },
    ]);
  });
});
