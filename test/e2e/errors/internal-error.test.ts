import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TokenService } from '../../../src/token/token.service.js';
import { LEVEL } from '../../support/captured-log.js';
import { handMadeToken } from '../../support/hand-made-token.js';
import { RunningApp } from '../../support/running-app.js';

const token = handMadeToken();

/** The service with an injected fault, since no input causes one. */
describe('500', () => {
  let service: RunningApp;
  beforeAll(async () => {
    service = await RunningApp.start();
    service.app.get(TokenService).issue = () => {
      throw new TypeError(`cause-marker of ${token}`);
    };
  });
  afterAll(() => service.stop());

  it('does not expose its cause, which is logged without the token in it', async () => {
    const { status, body, headers } = await service.post(
      '/token',
      { sub: 'a', aud: 'b' },
      { 'x-request-id': 'id-1' },
    );
    await service.get('/ping');
    expect({ status, body }).toEqual({
      status: 500,
      body: { error: 'Internal error', code: 'internal_error' },
    });
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-request-id')).toBe('id-1');

    const errors = service.captured.lines.filter(({ level }) => level >= LEVEL.error);
    expect(errors.map(({ err }) => err)).toContainEqual(
      expect.objectContaining({ type: 'TypeError', message: 'cause-marker of [removed]' }),
    );
    expect(errors.filter(({ reqId }) => reqId === 'id-1')).toContainEqual(
      expect.objectContaining({ route: '/token', status: 500 }),
    );
    expect(service.captured.text).not.toContain(token);
  });

  it('has its request ID in the log line with the cause', () => {
    const causes = service.captured.lines.filter(({ err }) => err !== undefined);
    expect(causes.map(({ reqId }) => reqId)).toEqual(['id-1']);
  });

  it('does not affect other routes', async () => {
    expect((await service.verify(token)).status).toBe(200);
  });
});
