import { describe, expect, it } from '@jest/globals';
import type { Settings } from '../../../src/config/settings.js';
import { type ListeningAddress, logStart } from '../../../src/start/listening.js';
import { CapturedLog, LEVEL, type LogLine } from '../../support/captured-log.js';
import { testSettings } from '../../support/settings.js';

const at = (address: string, port = 3000): ListeningAddress => ({
  address,
  port,
  family: address.includes(':') ? 'IPv6' : 'IPv4',
});

function logged(changes: Partial<Settings> = {}, address: ListeningAddress = at('127.0.0.1')): CapturedLog {
  const captured = new CapturedLog();
  logStart(captured.log, testSettings(changes), address);
  return captured;
}

const isWarned = (captured: CapturedLog): boolean =>
  captured.lines.some(({ level, msg = '' }) => level === LEVEL.warn && msg.startsWith('POST /token is open'));

const lineOf = (captured: CapturedLog): LogLine | undefined => captured.lines.at(-1);

describe('logStart', () => {
  it('logs one line at level info with the URL, mode and main settings', () => {
    const changes = {
      mode: 'production',
      production: true,
      tokenEndpointAuth: 'required',
      settingsFile: '/srv/identity/.env',
      basePath: '/identity-backend',
      databaseUrl: 'sqlite:/srv/identity/data/identity.db',
    } as const;
    expect(logged(changes, at('10.0.0.7', 8080)).lines).toEqual([
      expect.objectContaining({
        level: LEVEL.info,
        msg: 'listening',
        url: 'http://10.0.0.7:8080',
        basePath: '/identity-backend',
        mode: 'production',
        tokenEndpointAuth: 'required',
        mayAskForTokens: 'registered clients',
        settingsFile: '/srv/identity/.env',
        database: 'sqlite:/srv/identity/data/identity.db',
      }),
    ]);
  });

  it('logs that anyone may request tokens, and that no settings file was read', () => {
    expect(lineOf(logged())).toMatchObject({
      mode: 'development',
      tokenEndpointAuth: 'none',
      mayAskForTokens: 'anyone',
      settingsFile: 'none',
    });
  });

  it.each([
    ['postgres://user:marker@db.example:5432/identity', 'postgres://db.example:5432/identity'],
    ['postgres://mar%20ker:marker@db.example/identity?sslmode=require', 'postgres://db.example/identity'],
    ['postgres://db.example/identity?user=marker&password=marker', 'postgres://db.example/identity'],
    ['mysql://marker@[::1]:3306/identity', 'mysql://[::1]:3306/identity'],
    ['mariadb://:marker@host/identity', 'mariadb://host/identity'],
    ['sqlite::memory:', 'sqlite::memory:'],
  ])('logs the database %s without user, password and parameters', (databaseUrl, database) => {
    const captured = logged({ databaseUrl });
    expect(lineOf(captured)).toMatchObject({ database });
    expect(captured.text).not.toMatch(/mar(%20)?ker/);
  });

  it.each([
    ['127.0.0.1', 'http://127.0.0.1:3000', false],
    ['127.1.2.3', 'http://127.1.2.3:3000', false],
    ['::1', 'http://[::1]:3000', false],
    ['::ffff:127.0.0.1', 'http://[::ffff:127.0.0.1]:3000', false],
    ['0.0.0.0', 'http://0.0.0.0:3000', true],
    ['::', 'http://[::]:3000', true],
    ['192.168.1.20', 'http://192.168.1.20:3000', true],
    ['10.0.0.7', 'http://10.0.0.7:3000', true],
    ['203.0.113.5', 'http://203.0.113.5:3000', true],
    ['fe80::1', 'http://[fe80::1]:3000', true],
    ['2001:db8::1', 'http://[2001:db8::1]:3000', true],
    ['::ffff:10.0.0.7', 'http://[::ffff:10.0.0.7]:3000', true],
  ])('on %s logs %s, and warns of an open /token if other hosts can reach it: %s', (address, url, warned) => {
    const open = logged({}, at(address));
    expect(lineOf(open)).toMatchObject({ url });
    expect(isWarned(open)).toBe(warned);
    expect(isWarned(logged({ tokenEndpointAuth: 'required' }, at(address)))).toBe(false);
    expect(isWarned(logged({ mode: 'production', production: true }, at(address)))).toBe(warned);
  });

  it('warns of an open /token under Passenger', () => {
    expect(isWarned(logged({ inPassenger: true }, '/tmp/passenger.sock'))).toBe(true);
    expect(isWarned(logged({ inPassenger: true, tokenEndpointAuth: 'required' }, null))).toBe(false);
    expect(lineOf(logged({ inPassenger: true }, '/tmp/passenger.sock'))).toMatchObject({
      url: '/tmp/passenger.sock',
    });
  });

  it('logs every notice of the settings as a warning first', () => {
    const { lines } = logged({ notices: ['one', 'two'] });
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      [LEVEL.warn, 'one'],
      [LEVEL.warn, 'two'],
      [LEVEL.info, 'listening'],
    ]);
  });
});
