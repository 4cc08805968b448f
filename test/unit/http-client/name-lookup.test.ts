import type { LookupAddress } from 'node:dns';
import { setImmediate as nextImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { boundedLookups, type Resolved, type ResolveName } from '../../../src/http-client/name-lookup.js';

const ADDRESS: LookupAddress = { address: '127.0.0.1', family: 4 };

/** The lookups of the resolver in progress, by name. */
const lookups = new Map<string, Resolved>();
let asked: string[];
let resolved: string[];
let resolve: ResolveName;

beforeEach(() => {
  lookups.clear();
  [asked, resolved] = [[], []];
  resolve = boundedLookups((hostname, done) => {
    asked.push(hostname);
    lookups.set(hostname, done);
  });
});

/** Requests the addresses of a name, and records the response as `name: text`. */
function request(hostname: string): AbortController {
  const controller = new AbortController();
  const done: Resolved = (error, addresses) =>
    resolved.push(`${hostname}: ${error?.message ?? addresses.map(({ address }) => address).join()}`);
  resolve(hostname, done, controller.signal);
  return controller;
}

/** Ends a lookup; the next one begins in another tick. */
async function end(hostname: string, error: Error | null = null): Promise<void> {
  lookups.get(hostname)?.(error, error ? [] : [ADDRESS]);
  lookups.delete(hostname);
  await nextImmediate();
}

describe('boundedLookups', () => {
  it('looks up a name once for all that wait for it, and again for later requests', async () => {
    for (let n = 0; n < 3; n += 1) request('a');
    await end('a');
    expect([asked, resolved]).toEqual([['a'], ['a: 127.0.0.1', 'a: 127.0.0.1', 'a: 127.0.0.1']]);
    request('a');
    await end('a', new Error('ENOTFOUND'));
    expect([asked, resolved.at(-1)]).toEqual([['a', 'a'], 'a: ENOTFOUND']);
  });

  it('runs two lookups at a time, and the others in their order', async () => {
    for (const name of ['a', 'b', 'c', 'd']) request(name);
    expect(asked).toEqual(['a', 'b']);
    await end('b');
    expect(asked).toEqual(['a', 'b', 'c']);
    for (const name of ['a', 'c', 'd']) await end(name);
    expect(resolved).toEqual(['b', 'a', 'c', 'd'].map((name) => `${name}: 127.0.0.1`));
  });

  it('begins no further lookup of a name that hangs, however often it is requested', () => {
    for (let n = 0; n < 100; n += 1) request('hangs').abort();
    request('other');
    expect(asked).toEqual(['hangs', 'other']);
  });

  it('begins no lookup that no one waits for, and responds to no request that has ended', async () => {
    const hanging = [request('a'), request('b')];
    request('c').abort();
    request('d').abort();
    request('d');
    for (const each of hanging) each.abort();
    await end('a');
    expect([asked, resolved]).toEqual([['a', 'b', 'd'], []]);
    await end('d');
    expect(resolved).toEqual(['d: 127.0.0.1']);
  });

  it('looks up a name that was not looked up before, because no one waited', async () => {
    for (const name of ['a', 'b']) request(name);
    request('c').abort();
    await end('a');
    request('c');
    expect(asked).toEqual(['a', 'b', 'c']);
  });
});
