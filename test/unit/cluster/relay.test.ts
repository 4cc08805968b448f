import { describe, expect, it, jest } from '@jest/globals';
import type { Message } from '../../../src/cluster/messages.js';
import { type Peer, Relay } from '../../../src/cluster/relay.js';

/** A process that records the messages it receives. */
class RecordingPeer implements Peer {
  readonly messages: Message[] = [];

  send(message: Message): void {
    this.messages.push(message);
  }
}

const sync = (id: string): Message => ({ identityBackend: 'sync', id });
const synced = (id: string): Message => ({ identityBackend: 'synced', id });

function relayBetween(count: number): { relay: Relay; peers: RecordingPeer[] } {
  const peers = Array.from({ length: count }, () => new RecordingPeer());
  return {
    relay: new Relay(
      () => peers,
      () => Promise.resolve('metrics'),
    ),
    peers,
  };
}

describe('the relay between workers', () => {
  it('forwards sync to all other workers and confirms once the last of them has', () => {
    const { relay, peers } = relayBetween(3);
    const [asking, ...others] = peers as [RecordingPeer, RecordingPeer, RecordingPeer];
    relay.receive(asking, sync('1'));
    expect(others.map(({ messages }) => messages)).toEqual([[sync('1')], [sync('1')]]);
    relay.receive(others[0], synced('1'));
    expect(asking.messages).toEqual([]);
    relay.receive(others[1], synced('1'));
    expect(asking.messages).toEqual([synced('1')]);
  });

  it('confirms immediately if there is no other worker', () => {
    const { relay, peers } = relayBetween(1);
    relay.receive(peers[0] as RecordingPeer, sync('1'));
    expect(peers[0]?.messages).toEqual([synced('1')]);
  });

  it('ignores repeated responses and those with an unknown ID', () => {
    const { relay, peers } = relayBetween(3);
    const [asking, other] = peers as [RecordingPeer, RecordingPeer, RecordingPeer];
    relay.receive(other, synced('none'));
    relay.receive(asking, sync('1'));
    relay.receive(other, synced('1'));
    relay.receive(other, synced('1'));
    expect(asking.messages).toEqual([]);
  });

  it('keeps concurrent requests of two workers apart', () => {
    const { relay, peers } = relayBetween(2);
    const [one, two] = peers as [RecordingPeer, RecordingPeer];
    relay.receive(one, sync('1'));
    relay.receive(two, sync('2'));
    relay.receive(two, synced('1'));
    expect([one.messages, two.messages]).toEqual([[sync('2'), synced('1')], [sync('1')]]);
    relay.receive(one, synced('2'));
    expect(two.messages).toEqual([sync('1'), synced('2')]);
  });

  it('does not wait for a worker that has exited', () => {
    const { relay, peers } = relayBetween(3);
    const [asking, one, two] = peers as [RecordingPeer, RecordingPeer, RecordingPeer];
    relay.receive(asking, sync('1'));
    relay.receive(one, synced('1'));
    relay.remove(two);
    expect(asking.messages).toEqual([synced('1')]);
  });

  it('drops a request without a response after ten seconds', () => {
    jest.useFakeTimers();
    const { relay, peers } = relayBetween(2);
    const [asking, other] = peers as [RecordingPeer, RecordingPeer];
    relay.receive(asking, sync('1'));
    jest.advanceTimersByTime(10_000);
    jest.useRealTimers();
    relay.receive(other, synced('1'));
    expect(asking.messages).toEqual([]);
  });

  it.each([['metrics'], [undefined]])('responds to a request for metrics with %j', async (text) => {
    const peer = new RecordingPeer();
    const relay = new Relay(
      () => [peer],
      () => Promise.resolve(text),
    );
    relay.receive(peer, { identityBackend: 'metrics', id: '1' });
    await Promise.resolve();
    expect(peer.messages).toEqual([{ identityBackend: 'metrics-of-all', id: '1', text }]);
  });
});
