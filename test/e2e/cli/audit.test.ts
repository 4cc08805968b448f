import { userInfo } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { KeyStore } from '../../../src/keys/key-store.js';
import { ClientStore } from '../../../src/clients/client-store.js';
import type { LogLine } from '../../support/captured-log.js';
import { Commands } from '../../support/commands.js';
import { describeEachDatabase } from '../../support/databases.js';
import { MovedClock } from '../../support/moved-clock.js';
import { closeDatabases, open } from '../../support/opened-databases.js';
import { RunningApp } from '../../support/running-app.js';
import { testSettings } from '../../support/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';
import { until } from '../../support/until.js';

const DAY = 24 * 60 * 60 * 1000;
const SOON = 10_000;

afterAll(removeTemporaryDirectories);

/** The fields that both copies of an event have. */
const eventsOf = (lines: readonly LogLine[]): unknown[] =>
  lines
    .filter(({ audit, by }) => audit === true && by === 'command line')
    .map(({ reqId, event, client, secret_id, algorithm, by, os_user, event_id, at }) => ({
      ...{ reqId, event, client, secret_id, algorithm, by, os_user, event_id, at },
    }));

describeEachDatabase((database) => {
  describe(`the event of a change by the command line, on ${database.name}`, () => {
    let url: string;
    let commands: Commands;
    let service: RunningApp;
    let dataSource: DataSource;
    /** The events that the commands wrote to standard error. */
    const audited: LogLine[] = [];
    beforeAll(async () => {
      url = await database.url();
      const { encryptionKey } = testSettings();
      const environment = { DATABASE_URL: url, KEY_ENCRYPTION_KEY: encryptionKey };
      commands = Commands.start(environment, temporaryDirectory());
      await run('clients create --id early');
      service = await RunningApp.start({ databaseUrl: url }, new MovedClock(Date.now() / 1000));
      dataSource = await open(url);
    }, 60_000);
    afterAll(async () => {
      await Promise.all([service.stop(), commands.end(), closeDatabases()]);
    });

    async function run(line: string): Promise<void> {
      const ran = await commands.run(...line.split(' '));
      expect(ran.refusal).toBeNull();
      audited.push(...ran.audited);
    }

    const rows = async (): Promise<unknown[]> =>
      dataSource.query('SELECT id, document FROM identity_audit_event ORDER BY revision');

    it('is logged by the service with the user and an ID, even if the change precedes its start', async () => {
      await run('clients update early --name Late');
      await run('clients secrets add early');
      await run('clients create --id other');
      await run('clients delete other');
      await run('keys rotate');
      expect(audited.map(({ event }) => event)).toEqual([
        ...['client.created', 'client.updated', 'client.secret_added', 'client.created', 'client.deleted'],
        'keys.rotated',
      ]);
      await until(() => eventsOf(service.captured.lines).length >= audited.length, SOON);
      expect(eventsOf(service.captured.lines)).toEqual(eventsOf(audited));
      const { username } = userInfo();
      for (const { os_user, event_id, at } of audited) {
        expect({ os_user, event_id, at }).toEqual({
          os_user: username,
          event_id: expect.stringMatching(/^[\da-f-]{36}$/),
          at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        });
      }
    }, 60_000);

    it('is stored in the database, without secrets', async () => {
      const kept = await rows();
      expect(kept).toHaveLength(audited.length);
      expect(kept.map((row) => (row as { id: string }).id)).toEqual(audited.map(({ event_id }) => event_id));
      expect(JSON.stringify(kept)).not.toMatch(/client_secret"|hash|sealed/);
    });

    it('is not stored if the change is rejected', async () => {
      const before = await rows();
      for (const line of [
        'clients create --id early',
        'clients update early --remove-scope x',
        'clients delete none',
      ]) {
        expect((await commands.run(...line.split(' '))).refusal).not.toBeNull();
      }
      expect(await rows()).toEqual(before);
    });

    it('rolls the change back if it cannot be stored', async () => {
      const [first] = audited;
      const event = { id: String(first?.event_id), time: Date.now(), document: '{}' };
      const before = await rows();
      for (const [store, id] of [
        [ClientStore, 'early'],
        [KeyStore, 'administration'],
      ] as const) {
        const change = service.app.get<ClientStore>(store).change(id, () => undefined, { event });
        await expect(change).rejects.toThrow('The database does not respond');
      }
      expect(await rows()).toEqual(before);
      expect((await commands.run('clients', 'show', 'early')).refusal).toBeNull();
    }, 30_000);

    it('is deleted after 30 days, and beyond the last 10,000', async () => {
      const store = service.app.get(ClientStore);
      const keep = async (id: string, time: number): Promise<void> => {
        await store.change('early', (client) => client, { event: { id, time, document: '{"event":{}}' } });
      };
      const ids = async (): Promise<unknown[]> => (await rows()).map((row) => (row as { id: string }).id);
      await keep('old', Date.now() - 31 * DAY);
      expect(await ids()).toContain('old');
      await keep('next', Date.now());
      expect(await ids()).toEqual([...audited.map(({ event_id }) => event_id), 'next']);
      await dataSource.query(
        `UPDATE identity_revision SET value = value + 9999 WHERE name = 'identity_audit_event'`,
      );
      await keep('last', Date.now());
      expect(await ids()).toEqual(['last']);
    }, 30_000);
  });
});

describe('the event of a change over HTTP', () => {
  it('is logged once, without an event_id', async () => {
    const service = await RunningApp.start();
    const { makeClient } = await import('../../support/clients.js');
    await makeClient(service, 'one');
    const lines = service.captured.lines.filter(({ event }) => event === 'client.created');
    await service.stop();
    expect(lines).toEqual([expect.not.objectContaining({ event_id: expect.anything() })]);
  });
});
