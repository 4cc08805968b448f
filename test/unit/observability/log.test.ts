import { describe, expect, it } from '@jest/globals';
import { nestLog } from '../../../src/observability/log.js';
import { CapturedLog, LEVEL } from '../../support/captured-log.js';
import { handMadeToken } from '../../support/hand-made-token.js';

const token = handMadeToken();
const [, , mac = ''] = token.split('.');
const credentials = Buffer.from('client-1:a-secret-of-a-client').toString('base64');

describe('createLog', () => {
  it('writes one line of JSON for each entry, with the process ID', () => {
    const captured = new CapturedLog();
    captured.log.info({ a: 1 }, 'first\nsecond');
    expect(captured.text.trimEnd().split('\n')).toHaveLength(1);
    expect(captured.lines).toEqual([
      expect.objectContaining({ level: LEVEL.info, a: 1, msg: 'first\nsecond', pid: process.pid }),
    ]);
  });

  it('writes nothing below its level', () => {
    const captured = new CapturedLog('warn');
    captured.log.info('not this');
    captured.log.warn('this');
    expect(captured.lines.map(({ msg }) => msg)).toEqual(['this']);
  });

  it('redacts the message and the stack of an error, and drops its other fields', () => {
    const captured = new CapturedLog();
    const error = Object.assign(new Error(`failed on ${token} with Basic ${credentials}`), {
      token,
      request: { headers: { authorization: `Bearer ${token}` } },
    });
    captured.log.error({ err: error }, 'could not');
    expect(captured.lines[0]).toMatchObject({
      err: { type: 'Error', message: 'failed on [removed] with [removed]' },
    });
    expect(captured.text).not.toContain(mac);
    expect(captured.text).not.toContain(credentials);
  });

  it('redacts the causes of an error', () => {
    const captured = new CapturedLog();
    captured.log.error({ err: new Error('outer', { cause: new Error(`inner ${token}`) }) });
    expect(captured.text).not.toContain(mac);
  });
});

describe('nestLog', () => {
  it('writes startup messages of Nest at level debug', () => {
    const captured = new CapturedLog();
    nestLog(captured.log).log('Mapped {/token, POST} route', 'RouterExplorer');
    expect(captured.lines).toEqual([
      expect.objectContaining({
        level: LEVEL.debug,
        context: 'RouterExplorer',
        msg: 'Mapped {/token, POST} route',
      }),
    ]);
  });

  it('writes an error with its stack and a redacted message', () => {
    const captured = new CapturedLog();
    nestLog(captured.log).error(new Error(`failed on ${token}`), 'Errors');
    expect(captured.lines).toEqual([
      expect.objectContaining({
        level: LEVEL.error,
        context: 'Errors',
        err: expect.objectContaining({
          message: 'failed on [removed]',
          stack: expect.stringContaining('log.test'),
        }),
      }),
    ]);
    expect(captured.text).not.toContain(mac);
  });

  it('redacts a text', () => {
    const captured = new CapturedLog();
    nestLog(captured.log).warn(`failed on ${token}`, 'Somewhere');
    expect(captured.lines).toEqual([
      expect.objectContaining({ level: LEVEL.warn, msg: 'failed on [removed]' }),
    ]);
  });
});
