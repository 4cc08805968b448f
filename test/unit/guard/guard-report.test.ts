import { beforeEach, describe, expect, it } from '@jest/globals';
import { BearerRefusal } from '../../../src/guard/bearer-refusal.js';
import { GuardReport } from '../../../src/guard/guard-report.js';
import { CapturedNestLog } from '../../support/captured-nest-log.js';
import { executionContext } from '../../support/execution-context.js';
import { VALID_CLAIMS } from '../../support/hand-made-token.js';

const refusal = BearerRefusal.missingToken({ realm: 'logging-service' });
const [http, message] = [executionContext([{}, {}]), executionContext(['data', {}], 'rpc')];

describe('GuardReport', () => {
  const log = new CapturedNestLog();
  beforeEach(() => log.clear());

  it('calls the functions of the application with the context', () => {
    const events: unknown[] = [];
    const keep = (event: unknown): void => void events.push(event);
    const report = new GuardReport({ onAccepted: keep, onRefused: keep, onOutcome: keep });
    report.accepted(http, VALID_CLAIMS);
    report.refused(message, refusal);
    expect(events).toEqual([
      { context: http, claims: VALID_CLAIMS },
      { code: 'accepted', transport: 'http' },
      { context: message, refusal },
      { code: 'missing_token', transport: 'rpc' },
    ]);
  });

  it('warns of refused messages, whose sender may not see why, but not of requests over HTTP', () => {
    const report = new GuardReport({});
    report.refused(message, refusal);
    expect(log.warnings).toEqual([
      'AController.handle refused a request (rpc): Missing bearer token (missing_token)',
    ]);
    log.clear();
    report.refused(http, refusal);
    expect(log.text).toBe('');
  });

  it('changes no decision if a function of the application fails, and logs that once', async () => {
    const report = new GuardReport({
      onAccepted: () => {
        throw new Error('down');
      },
      onRefused: () => Promise.reject(new Error('late')),
    });
    for (let times = 0; times < 2; times++) {
      report.accepted(http, VALID_CLAIMS);
      report.refused(http, refusal);
    }
    await Promise.resolve();
    expect(log.others).toEqual(['onAccepted failed: down', 'onRefused failed: late']);
  });
});
