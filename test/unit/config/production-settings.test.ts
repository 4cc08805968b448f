import { availableParallelism } from 'node:os';
import { afterAll, describe, expect, it } from '@jest/globals';
import { loadSettings } from '../../../src/config/load-settings.js';
import { type LoadedSettings, SettingsError } from '../../../src/config/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

afterAll(removeTemporaryDirectories);

type Variables = Readonly<Record<string, string>>;

const load = (variables: Variables): LoadedSettings => loadSettings(temporaryDirectory(), variables);

function faultsOf(variables: Variables): readonly string[] {
  try {
    load(variables);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
}

describe('RATE_LIMIT_MAX and RATE_LIMIT_WINDOW_SECONDS', () => {
  it('set no limit by default', () => {
    expect(load({})).toMatchObject({ rateLimitMax: 0, rateLimitWindowMs: 60_000 });
  });

  it.each([
    [{ RATE_LIMIT_MAX: '0' }, 0, 60_000],
    [{ RATE_LIMIT_MAX: '1', RATE_LIMIT_WINDOW_SECONDS: '1' }, 1, 1_000],
    [{ RATE_LIMIT_MAX: '100000000', RATE_LIMIT_WINDOW_SECONDS: '86400' }, 100_000_000, 86_400_000],
    [{ RATE_LIMIT_MAX: '', RATE_LIMIT_WINDOW_SECONDS: '' }, 0, 60_000],
  ])('are read: %j', (variables, rateLimitMax, rateLimitWindowMs) => {
    expect(load(variables)).toMatchObject({ rateLimitMax, rateLimitWindowMs });
  });

  it.each(['-1', '1.5', '1e3', '100000001', '5 5', 'none', 'Infinity'])('reject a limit of %j', (value) => {
    expect(faultsOf({ RATE_LIMIT_MAX: value })).toEqual([
      'RATE_LIMIT_MAX must be a whole number from 0 to 100000000',
    ]);
  });

  it.each(['0', '-1', '0.5', '86401', '1m'])('reject a window of %j', (value) => {
    expect(faultsOf({ RATE_LIMIT_WINDOW_SECONDS: value })).toEqual([
      'RATE_LIMIT_WINDOW_SECONDS must be a whole number from 1 to 86400',
    ]);
  });
});

describe('WORKERS', () => {
  it.each([
    [{}, 1],
    [{ WORKERS: '1' }, 1],
    [{ WORKERS: '64' }, 64],
    [{ WORKERS: 'auto' }, availableParallelism()],
    [{ WORKERS: '' }, 1],
  ])('is the number of processes: %j', (variables: Variables, workers) => {
    expect(load(variables)).toMatchObject({ workers, inPassenger: false });
  });

  it.each(['4', 'auto'])('is 1 under Passenger, even if it is set to %j', (WORKERS) => {
    expect(load({ WORKERS, IN_PASSENGER: '1' })).toMatchObject({ workers: 1, inPassenger: true });
  });

  it.each(['0', '65', '-1', '2.0', 'all', 'AUTO'])('rejects %j', (WORKERS) => {
    expect(faultsOf({ WORKERS })).toEqual(['WORKERS must be auto or a whole number from 1 to 64']);
  });

  it('must be 1 with an in-memory database, except under Passenger', () => {
    const inMemory = { DATABASE_URL: 'sqlite::memory:' };
    expect(faultsOf({ ...inMemory, WORKERS: '2' })).toEqual([
      'WORKERS is more than 1, and DATABASE_URL is in the memory of one process',
    ]);
    expect(load({ ...inMemory, WORKERS: '1' }).workers).toBe(1);
    expect(load({ ...inMemory, WORKERS: '2', IN_PASSENGER: '1' }).workers).toBe(1);
  });
});

it('all faults are reported at once, without values', () => {
  const faults = faultsOf({
    RATE_LIMIT_MAX: 'wrong-one',
    RATE_LIMIT_WINDOW_SECONDS: 'wrong-two',
    WORKERS: 'wrong-three',
  });
  expect(faults).toHaveLength(3);
  expect(faults.join()).not.toMatch(/wrong/);
});
