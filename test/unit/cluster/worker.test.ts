import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Message } from '../../../src/cluster/messages.js';
import { type Channel, Worker } from '../../../src/cluster/worker.js';

/** The other end of the channel: records the messages of the worker and sends messages to it. */
class Primary implements Channel {
  connected = true;
  readonly received: Message[] = [];
  private listener: (message: unknown) => void = () => {};

  on(_event: 'message', listener: (message: unknown) => void): void {
    this.listener = listener;
  }

  send(message: unknown): boolean {
    this.received.push(message as Message);
    return true;
  }

  say(message: unknown): void {
    this.listener(message);
  }
}

let primary: Primary;
let worker: Worker;
beforeEach(() => {
  primary = new Primary();
  worker = new Worker(primary);
});
afterEach(() => void jest.useRealTimers());

const idOf = (index: number): string => primary.received[index]?.id ?? '';

describe('a worker that changed something', () => {
  it('waits until the primary process confirms that all others are in sync', async () => {
    let published = false;
    const publishing = worker.publish().then(() => (published = true));
    expect(primary.received).toEqual([{ identityBackend: 'sync', id: expect.any(String) }]);
    primary.say({ identityBackend: 'synced', id: 'another question' });
    primary.say({ type: 'of another library' });
    await Promise.resolve();
    expect(published).toBe(false);
    primary.say({ identityBackend: 'synced', id: idOf(0) });
    await publishing;
  });

  it('waits for at most one second', async () => {
    jest.useFakeTimers();
    const publishing = worker.publish();
    jest.advanceTimersByTime(1_000);
    await publishing;
  });

  it('sends nothing once the primary process has disconnected', async () => {
    jest.useFakeTimers();
    primary.connected = false;
    const publishing = worker.publish();
    jest.advanceTimersByTime(1_000);
    await publishing;
    expect(primary.received).toEqual([]);
  });
});

describe('a worker that is notified of a change', () => {
  it('syncs before it confirms', async () => {
    let finish = (): void => {};
    worker.subscribe(() => new Promise((resolve) => (finish = resolve)));
    primary.say({ identityBackend: 'sync', id: '1' });
    await Promise.resolve();
    expect(primary.received).toEqual([]);
    finish();
    await new Promise(setImmediate);
    expect(primary.received).toEqual([{ identityBackend: 'synced', id: '1' }]);
  });

  it.each([
    ['its database is unavailable', () => Promise.reject(new Error('unavailable'))],
    ['it has no subscriber yet', undefined],
  ])('confirms even if %s', async (_name, sync) => {
    if (sync) worker.subscribe(sync);
    primary.say({ identityBackend: 'sync', id: '1' });
    await new Promise(setImmediate);
    expect(primary.received).toEqual([{ identityBackend: 'synced', id: '1' }]);
  });
});

describe('the metrics of all workers', () => {
  it.each([['the text'], [undefined]])('are what the primary process sends: %j', async (text) => {
    const asked = worker.metrics();
    primary.say({ identityBackend: 'metrics-of-all', id: idOf(0), text });
    expect(await asked).toBe(text);
  });

  it('are undefined if the primary process does not respond', async () => {
    jest.useFakeTimers();
    const asked = worker.metrics();
    jest.advanceTimersByTime(6_000);
    expect(await asked).toBeUndefined();
  });
});
