import { afterEach, describe, expect, it } from '@jest/globals';
import type { Settings } from '../../../src/config/settings.js';
import { LEVEL, type LogLine } from '../../support/captured-log.js';
import { RunningApp } from '../../support/running-app.js';

let service: RunningApp;
afterEach(() => service.stop());

async function start(changes: Partial<Settings> = {}): Promise<void> {
  service = await RunningApp.start(changes);
}

const warnings = (): LogLine[] => service.captured.lines.filter(({ level }) => level === LEVEL.warn);

describe('a forwarding header', () => {
  it.each<[string, readonly string[]]>([
    ['if TRUST_PROXY is not set', []],
    ['if TRUST_PROXY names another proxy', ['10.0.0.1', '2001:db8::/32']],
  ])(
    'from an untrusted IP address causes one warning, without its value, %s',
    async (_name, trustedProxies) => {
      await start({ trustedProxies });
      expect(warnings()).toEqual([]);
      await service.get('/ping');
      expect(warnings()).toEqual([]);
      for (const name of ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'X-Forwarded-For'])
        await service.get('/ping', { [name]: '203.0.113.99' });
      expect(warnings()).toEqual([
        expect.objectContaining({ address: '127.0.0.1', msg: expect.stringContaining('TRUST_PROXY') }),
      ]);
      expect(service.captured.text).not.toContain('203.0.113.99');
    },
  );

  it.each(['Forwarded', 'X-Real-IP', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'CF-Connecting-IP'])(
    'from an untrusted IP address causes a warning if it is %s',
    async (name) => {
      await start();
      await service.get('/no-such-route', { [name]: 'x' });
      expect(warnings()).toHaveLength(1);
    },
  );

  it('from a trusted proxy causes no warning, even if TRUST_PROXY is in IPv4-mapped notation', async () => {
    await start({ trustedProxies: ['::FFFF:7f00:0/104'] });
    await service.get('/ping', { 'X-Forwarded-For': '203.0.113.99:4711', 'X-Forwarded-Proto': 'https' });
    expect(warnings()).toEqual([]);
    await service.get('/ping');
    expect(service.captured.lines).toContainEqual(
      expect.objectContaining({ msg: 'answered', address: '203.0.113.99' }),
    );
  });
});

describe('the log', () => {
  it.each([
    ['203.0.113.5, 198.51.100.1:5000', '198.51.100.1'],
    ['[2001:DB8::1%eth0]:443', '2001:db8::1'],
    ['::ffff:c633:6401', '198.51.100.1'],
    ['unknown', '127.0.0.1'],
    ['198.51.100.1, _hidden', '127.0.0.1'],
  ])('shows the caller of X-Forwarded-For: %s as %s', async (forwarded, address) => {
    await start({ trustedProxies: ['127.0.0.1'] });
    await service.post('/verify', { token: 'a', aud: 'b' }, { 'X-Forwarded-For': forwarded });
    await service.get('/ping');
    expect(service.captured.lines).toContainEqual(
      expect.objectContaining({ msg: 'answered', route: '/verify', address }),
    );
  });
});
