import { keyState, nextChange, type KeySchedule } from '../../../src/keys/key-schedule.js';
import type { StoredKey } from '../../../src/keys/key-store.js';
import { Instance, type InstanceSettings, SharedKeys } from '../../support/key-fleet.js';
import { readToken } from '../../support/hand-made-token.js';
import { MovedClock } from '../../support/moved-clock.js';
import { assert, ScheduleRules } from './schedule-rules.js';

/** Something that happens to the service. */
export type KeyEvent =
  /** Time passes, and the service runs. */
  | { readonly is: 'run'; readonly milliseconds: number }
  | { readonly is: 'rotate'; readonly by: number; readonly revoke: boolean }
  | {
      readonly is: 'restart';
      readonly which: number;
      readonly period: number | null;
      readonly lifetimeSeconds: number;
    }
  /** An instance loses its connection to the database, or regains it. */
  | { readonly is: 'cut' | 'repair'; readonly which: number }
  /** The clocks are set, or all hosts are suspended for a while. */
  | { readonly is: 'step'; readonly milliseconds: number }
  /** The same, to `milliseconds` after the `nth` next change of a key's state. */
  | { readonly is: 'stepPast'; readonly nth: number; readonly milliseconds: number };

const MINUTE = 60_000;
/** How far the clocks of two instances may differ, and how far they may be set back. */
const APART = 5_000;
const SET_BACK = MINUTE;
/** How often instances query the database while time passes. */
const TICK = 20 * MINUTE;

interface IssuedToken {
  readonly token: string;
  readonly kid: string;
  readonly iat: number;
  readonly exp: number;
  /** By the clock of the issuing instance, in milliseconds. */
  readonly at: number;
}

/** Three instances that share a database: events happen to them, and the rules are checked after each. */
export class KeyHistory {
  issued = 0;
  private readonly clock = new MovedClock();
  private readonly shared = new SharedKeys();
  private readonly instances: readonly Instance[];
  private tokens: IssuedToken[] = [];
  private readonly rules = new ScheduleRules();
  /** How far the clocks are behind the latest time that they have shown. */
  private behind = 0;
  private wasSetBack = false;
  /**
   * Whether a key may begin to sign without notice: at the start, after an emergency, and after a suspension
   * that outlasted all keys.
   */
  private mayBeginAtOnce = true;

  private constructor(
    private readonly settings: InstanceSettings,
    apart: readonly number[],
  ) {
    this.instances = apart.map((each) => new Instance(this.shared, this.clock, each, settings));
  }

  static async begin(settings: InstanceSettings, apart: readonly number[]): Promise<KeyHistory> {
    const history = new KeyHistory(settings, apart);
    await Promise.all(history.instances.map((instance) => instance.start()));
    await history.settle();
    history.mayBeginAtOnce = false;
    return history;
  }

  async happens(event: KeyEvent): Promise<void> {
    switch (event.is) {
      case 'run':
        await this.run(event.milliseconds);
        break;
      case 'rotate':
        await this.rotate(this.instance(event.by), event.revoke);
        break;
      case 'restart':
        await this.restart(this.instance(event.which), event);
        break;
      case 'cut':
      case 'repair':
        this.instance(event.which).connection.cut = event.is === 'cut';
        break;
      case 'step':
        await this.step(event.milliseconds);
        break;
      case 'stepPast':
        await this.step((await this.untilChange(event.nth)) + event.milliseconds);
    }
    await this.settle();
    // While no instance reaches the database, none can publish a key ahead of time.
    this.mayBeginAtOnce = this.instances.every(({ connection }) => connection.cut);
  }

  private instance(index: number): Instance {
    return this.instances[index] as Instance;
  }

  private async run(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= TICK) {
      const passed = Math.min(left, TICK);
      this.clock.advance(passed / 1000);
      this.behind = Math.max(0, this.behind - passed);
      await this.syncAll();
      await this.check();
    }
  }

  private async rotate(instance: Instance, revoke: boolean): Promise<void> {
    if (instance.connection.cut) return;
    // Instances that miss the rotation continue with the schedule that they know.
    await this.issueAll();
    await instance.rotate(revoke);
    this.mayBeginAtOnce ||= revoke;
    await this.issueAll();
  }

  private async restart(
    instance: Instance,
    { period, lifetimeSeconds }: Pick<InstanceSettings, 'period' | 'lifetimeSeconds'>,
  ): Promise<void> {
    if (!instance.connection.cut) await instance.start({ period, lifetimeSeconds });
  }

  private async untilChange(nth: number): Promise<number> {
    const keys = await this.shared.kept(this.settings.algorithm);
    const now = this.clock.now();
    let time = now;
    for (let count = 0; count < nth; count += 1) {
      const next = nextChange(keys, time);
      if (next !== Infinity) time = next;
    }
    return time - now;
  }

  private async step(milliseconds: number): Promise<void> {
    const step = Math.max(milliseconds, this.behind - SET_BACK);
    this.clock.advance(step / 1000);
    this.behind = Math.max(0, this.behind - step);
    this.wasSetBack ||= step < 0;
    const keys = await this.shared.kept(this.settings.algorithm);
    const signs = ({ clock }: Instance): boolean =>
      keys.some((key) => keyState(key, clock.now()) === 'signing');
    this.mayBeginAtOnce ||= !this.instances.every(signs);
    await this.issueAll();
  }

  /**
   * Every instance queries the database twice: the second query finds what others wrote after the first.
   */
  private async settle(): Promise<void> {
    await this.syncAll();
    await this.syncAll();
    await this.check();
    await this.issueAll();
    await this.verifyAll();
  }

  private async syncAll(): Promise<void> {
    for (const instance of this.instances) await instance.sync();
  }

  private async check(): Promise<void> {
    const keys = await this.shared.kept(this.settings.algorithm);
    const running = this.instances.filter(({ connection }) => !connection.cut);
    this.rules.check(
      keys,
      running.map(({ clock }) => clock.now()),
      this.mayBeginAtOnce,
    );
  }

  private async issueAll(): Promise<void> {
    for (const instance of this.instances) await this.issueBy(instance);
  }

  private async issueBy(instance: Instance): Promise<void> {
    const at = instance.clock.now();
    const token = await instance.issue();
    const age = at - instance.syncedAt;
    if (token === undefined) {
      assert(age > MINUTE || age < -SET_BACK, 'an instance with a recent view has a key to sign with');
      return;
    }
    assert(age <= MINUTE, 'an instance that is cut off for over a minute does not sign');
    const { header, claims } = readToken(token);
    const { iat, exp } = claims as { iat: number; exp: number };
    const kid = String(header['kid']);
    assert(instance.published.includes(kid), 'the key that signs is published');
    const key = (await this.shared.kept(this.settings.algorithm)).find(({ jwk }) => jwk.kid === kid);
    const hasBegun = at >= (key?.signsFrom ?? Infinity);
    assert(hasBegun || instance.connection.cut, 'a key does not sign before its schedule');
    this.issued += 1;
    this.tokens.push({ token, kid, iat, exp, at });
  }

  /** Verifies every token in every instance that reaches the database. */
  private async verifyAll(): Promise<void> {
    const keys = await this.shared.kept(this.settings.algorithm);
    for (const instance of this.instances.filter(({ connection }) => !connection.cut)) {
      const isLive = (key: KeySchedule): boolean => keyState(key, instance.clock.now()) !== 'retired';
      const live = keys.filter(isLive).map(({ jwk }) => jwk.kid);
      assert(live.sort().join() === [...instance.published].sort().join(), 'every live key is published');
      for (const issued of this.tokens) {
        this.verify(
          issued,
          instance,
          keys.find(({ jwk }) => jwk.kid === issued.kid),
        );
      }
    }
    this.forgetTokens();
  }

  private verify({ token, kid, iat, exp, at }: IssuedToken, instance: Instance, key?: StoredKey): void {
    const code = instance.verify(token);
    if (code === 'valid') assert(instance.published.includes(kid), 'a key that verifies is published');
    if (!key || key.revokedAt !== null) {
      assert(code === 'invalid_signature', 'a revoked key verifies nothing');
      return;
    }
    const now = instance.clock.now() / 1000;
    const { toleranceSeconds } = this.settings;
    // The tolerance covers clocks that differ; setting them back uses it up.
    const isValid = iat - toleranceSeconds <= now && now < exp + (this.wasSetBack ? 0 : toleranceSeconds);
    assert(!isValid || code === 'valid', `a token verifies until it expires, not ${code}`);
    const slack = this.wasSetBack ? SET_BACK + APART : 0;
    assert(at < (key.signsUntil ?? Infinity) + slack, 'a key does not sign after its schedule');
  }

  /** Keeps each key's token that expires last, and the latest tokens. */
  private forgetTokens(): void {
    const last = new Map<string, IssuedToken>();
    for (const token of this.tokens) {
      if (token.exp >= (last.get(token.kid)?.exp ?? 0)) last.set(token.kid, token);
    }
    const latest = new Set([...last.values(), ...this.tokens.slice(-3)]);
    const now = (this.clock.now() - SET_BACK - APART) / 1000;
    this.tokens = [...latest].filter(({ exp }) => exp + this.settings.toleranceSeconds > now);
  }
}
