import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { compiledSource } from '../../support/compiled-source.js';
import { describeEachDatabase } from '../../support/databases.js';
import { readToken } from '../../support/hand-made-token.js';
import { testSettings } from '../../support/settings.js';
import { removeTemporaryDirectories } from '../../support/temporary-directory.js';

const INSTANCE = fileURLToPath(new URL('instance.js', import.meta.url));
const ALGORITHMS = ['ES256', 'EdDSA', 'RS256'] as const;
const PROCESSES = 3;

interface Reply {
  readonly result?: unknown;
  readonly error?: string;
}

/** An instance of the service in a process of its own, with a clock that the test moves. */
class Instance {
  private constructor(private readonly process: ChildProcess) {}

  static async load(script: string, cwd: string): Promise<Instance> {
    const child = fork(script, { cwd, execArgv: [], env: {} });
    await once(child, 'message');
    return new Instance(child);
  }

  /** Sends one action and waits for its result; one at a time. */
  async do(act: string, given?: unknown): Promise<unknown> {
    const answered = once(this.process, 'message');
    this.process.send({ act, given });
    const [{ result, error }] = (await answered) as [Reply];
    if (error !== undefined) throw new Error(error);
    return result;
  }

  /** The IDs of its published keys by algorithm, those that sign first. */
  async published(): Promise<Record<string, string[]>> {
    const keys = (await this.do('published')) as { kid: string; alg: string }[];
    return Object.fromEntries(
      ALGORITHMS.map((name) => [name, keys.filter(({ alg }) => alg === name).map(({ kid }) => kid)]),
    );
  }

  /** A token of each algorithm. */
  async issue(): Promise<string[]> {
    const tokens = [];
    for (const name of ALGORITHMS) tokens.push(String(await this.do('issue', name)));
    return tokens;
  }

  disconnect(): void {
    this.process.disconnect();
  }
}

const kidsOf = (tokens: readonly string[]): unknown[] =>
  tokens.map((token) => readToken(token).header['kid']);

/** Each serves one database after another, as loading the service takes longer than most tests. */
let instances: readonly Instance[];
beforeAll(async () => {
  const compiled = compiledSource();
  const script = join(compiled, 'instance.js');
  copyFileSync(INSTANCE, script);
  instances = await Promise.all(Array.from({ length: PROCESSES }, () => Instance.load(script, compiled)));
}, 60_000);
afterAll(() => {
  for (const each of instances) each.disconnect();
  removeTemporaryDirectories();
});

describeEachDatabase(
  (database) => {
    const all = <T>(what: (instance: Instance) => Promise<T>): Promise<T[]> =>
      Promise.all(instances.map(what));
    /** Expects the same result from all. @returns it */
    async function agreed<T>(what: (instance: Instance) => Promise<T>): Promise<T> {
      const [first, ...others] = await all(what);
      for (const other of others) expect(other).toEqual(first);
      return first as T;
    }
    /** Moves the clock of each, then lets all query the database at once. */
    async function pass(seconds: number): Promise<void> {
      await all((each) => each.do('pass', seconds));
      await all((each) => each.do('sync'));
    }

    beforeAll(async () => {
      const settings = testSettings({ databaseUrl: await database.url(), algorithms: ALGORITHMS });
      // All at once, on an empty database.
      await all((each) => each.do('start', settings));
      await pass(0);
    }, 120_000);
    afterAll(() => all((each) => each.do('stop')), 60_000);

    it('three processes that start together make one signing key and the next one for each algorithm', async () => {
      const published = await agreed((each) => each.published());
      expect(Object.values(published).map((kids) => kids.length)).toEqual([2, 2, 2]);
      const tokens = await all((each) => each.issue());
      const [signing] = tokens.map(kidsOf);
      expect(tokens.map(kidsOf)).toEqual(instances.map(() => signing));
    }, 60_000);

    it('three processes that rotate at the same time make one new key and switch to the next one together', async () => {
      await pass(30 * 60);
      const before = await agreed((each) => each.published());
      const signing = await agreed((each) => each.issue().then(kidsOf));
      await all((each) => each.do('rotate'));
      await pass(1);
      const after = await agreed((each) => each.published());
      for (const name of ALGORITHMS) {
        expect(after[name]).toEqual(expect.arrayContaining(before[name] ?? []));
        expect(after[name]).toHaveLength(3);
      }
      // Second by second around the switch: all sign with the same key, and switch once.
      const seen = [signing];
      const tokens: string[] = [];
      for (let second = 60; second <= 70; second++) {
        await pass(second === 60 ? 59 : 1);
        const made = await all((each) => each.issue());
        tokens.push(...made.flat());
        const [kids, ...others] = made.map(kidsOf);
        for (const other of others) expect(other).toEqual(kids);
        if (JSON.stringify(kids) !== JSON.stringify(seen.at(-1))) seen.push(kids as unknown[]);
      }
      expect(seen).toHaveLength(2);
      expect(seen[1]).toEqual(ALGORITHMS.map((name) => before[name]?.[1]));
      for (const token of tokens) {
        const aud = readToken(token).header['alg'];
        expect(await all((each) => each.do('verify', { token, aud }))).toEqual(instances.map(() => 200));
      }
    }, 120_000);

    it('three processes make one new key for each algorithm before the signing key expires, and switch together', async () => {
      const before = await agreed((each) => each.published());
      const signing = await agreed((each) => each.issue().then(kidsOf));
      // The signing key expires within the next half hour, and the key after the next is published by then.
      await pass(90 * 24 * 60 * 60 - 30 * 60);
      const after = await agreed((each) => each.published());
      for (const name of ALGORITHMS) {
        const made = (after[name] ?? []).filter((kid) => before[name]?.includes(kid) !== true);
        expect(made).toHaveLength(1);
      }
      expect(await agreed((each) => each.issue().then(kidsOf))).toEqual(signing);
      await pass(30 * 60);
      const next = await agreed((each) => each.issue().then(kidsOf));
      expect(next).not.toEqual(signing);
      expect(next).toEqual(ALGORITHMS.map((name) => after[name]?.[1]));
    }, 60_000);
  },
  ['SQLite', 'PostgreSQL'],
);
