import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock, CLOCK_SKEW_SECONDS } from '../clock.js';
import type { Claims } from '../jwt/claims.js';
import { MAX_TOLERANCE_SECONDS } from '../jwt/lifetime.js';
import { ChangeNotifier, SINGLE_PROCESS } from '../sync/change-notifier.js';
import { type Revocation, RevocationStore } from './revocation-store.js';

/** The most revocations that are read or written at a time. */
const BATCH = 5_000;

/** Revocations that expire within the same minute are deleted together. */
const MINUTE_SECONDS = 60;

/** A revocation that waits to be written. */
interface Waiting extends Revocation {
  readonly written: () => void;
  readonly failed: (cause: unknown) => void;
}

/** The revoked tokens, held in memory until they expire, so that verifying a token queries no database. */
@Injectable()
export class Revocations {
  /** When each revocation is deleted, by the key of its token. */
  private readonly revoked = new Map<string, number>();
  private readonly keysByMinute = new Map<number, string[]>();
  private revision = 0;
  private waiting: Waiting[] = [];
  private isWriting = false;

  /** @param notifier notifies other processes of a revocation that was made here, and waits for them */
  constructor(
    private readonly store: RevocationStore,
    private readonly clock: Clock,
    private readonly notifier: ChangeNotifier = SINGLE_PROCESS,
  ) {}

  get size(): number {
    return this.revoked.size;
  }

  isRevoked(claims: Claims): boolean {
    if (this.revoked.size === 0) return false;
    const key = tokenKey(claims);
    return key !== undefined && this.revoked.has(key);
  }

  /**
   * Whether the token is revoked for as long as it could be accepted. A token with the same ID that expires
   * sooner may have been revoked instead.
   */
  isRevokedUntilExpiry(claims: Claims): boolean {
    const key = tokenKey(claims);
    return key !== undefined && this.isKnown(key, endOf(claims));
  }

  /**
   * Revokes a token. When this resolves, the revocation is durable and in force here; elsewhere it is in
   * force after the next {@link sync}. Revocations that arrive during a write are written together, with one
   * wait for the disk.
   *
   * @param claims of a token that has a `jti`
   * @returns `false` if it was already revoked for at least as long
   * @throws {StoreUnavailable} in which case the token remains valid
   */
  async revoke(claims: Claims): Promise<boolean> {
    const key = tokenKey(claims);
    if (key === undefined) throw new RangeError('A token without a jti cannot be revoked');
    const expiresAt = endOf(claims);
    if (this.isKnown(key, expiresAt)) return false;
    await new Promise<void>((written, failed) => {
      this.waiting.push({ key, expiresAt, written, failed });
      if (!this.isWriting) void this.write();
    });
    return true;
  }

  /**
   * Loads revocations of other instances, and deletes expired ones.
   *
   * @throws {StoreUnavailable} in which case the known state is kept
   */
  async sync(): Promise<void> {
    let recorded;
    do {
      recorded = await this.store.since(this.revision, BATCH);
      for (const { key, expiresAt, revision } of recorded) {
        this.remember(key, expiresAt);
        this.revision = revision;
      }
    } while (recorded.length === BATCH);
    const now = Math.floor(this.clock.now() / 1000);
    this.forgetExpired(now);
    await this.store.deleteExpired(now - CLOCK_SKEW_SECONDS);
  }

  private async write(): Promise<void> {
    this.isWriting = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, BATCH);
      try {
        await this.store.add(batch.map(({ key, expiresAt }) => ({ key, expiresAt })));
        for (const { key, expiresAt } of batch) this.remember(key, expiresAt);
        await this.notifier.publish();
        for (const { written } of batch) written();
      } catch (cause) {
        for (const { failed } of batch) failed(cause);
      }
    }
    this.isWriting = false;
  }

  private isKnown(key: string, expiresAt: number): boolean {
    return (this.revoked.get(key) ?? -Infinity) >= expiresAt;
  }

  /** Keeps the later expiry, because two tokens may have the same ID. */
  private remember(key: string, expiresAt: number): void {
    if (this.isKnown(key, expiresAt)) return;
    this.revoked.set(key, expiresAt);
    const minute = Math.ceil(expiresAt / MINUTE_SECONDS);
    const keys = this.keysByMinute.get(minute);
    if (keys) keys.push(key);
    else this.keysByMinute.set(minute, [key]);
  }

  private forgetExpired(now: number): void {
    for (const [minute, keys] of this.keysByMinute) {
      if (minute * MINUTE_SECONDS > now) continue;
      for (const key of keys) {
        const expiresAt = this.revoked.get(key);
        if (expiresAt !== undefined && expiresAt <= minute * MINUTE_SECONDS) this.revoked.delete(key);
      }
      this.keysByMinute.delete(minute);
    }
  }
}

/** When no clock tolerance could accept the token. A restart may raise the configured one. */
function endOf({ exp }: Claims): number {
  return Math.ceil(exp) + MAX_TOLERANCE_SECONDS;
}

/**
 * Identifies a token by its `jti` and the client it was issued to: different issuers with one shared secret
 * may use the same `jti`. The key is a hash, so that every token takes the same few bytes.
 *
 * @returns `undefined` if the token has no `jti`, and so cannot be revoked
 */
export function tokenKey({ client_id: clientId, jti }: Claims): string | undefined {
  if (jti === undefined) return undefined;
  const owner = typeof clientId === 'string' ? clientId : null;
  return hash('sha256', JSON.stringify([owner, jti]), 'base64url');
}
