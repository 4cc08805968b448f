import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeyEncryption, KeyEncryptionError } from '../../../src/keys/key-encryption.js';

const SECRET = 'a-key-encryption-key-of-the-tests-0123456789';
const FORMER = 'the-former-key-encryption-key-of-the-tests-0';
const OTHER = 'a-third-key-encryption-key-of-the-tests-0123';

const current = new KeyEncryption(SECRET, []);
const former = new KeyEncryption(FORMER, []);
const both = new KeyEncryption(SECRET, [OTHER, FORMER]);
const TEXT = Buffer.from('a private key');

describe('KeyEncryption', () => {
  it('opens what it sealed, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (bytes, label) => {
        expect(current.open(current.seal(bytes, label), label)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('seals the same twice in different words, none of which tells it', () => {
    const sealed = [current.seal(TEXT, 'a'), current.seal(TEXT, 'a')];
    expect(sealed[0]).not.toBe(sealed[1]);
    for (const each of sealed) {
      expect(each).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(Buffer.from(each, 'base64url').includes(TEXT)).toBe(false);
    }
  });

  it.each([
    ['by another key', former.seal(TEXT, 'a'), 'a'],
    ['under another label, as where one row was put in the place of another', current.seal(TEXT, 'b'), 'a'],
    ['and nothing', '', 'a'],
    ['and shorter than a nonce and a tag', Buffer.alloc(27).toString('base64url'), 'a'],
    ['and is text', 'not sealed at all, but long enough to be', 'a'],
  ])('does not open what was sealed %s', (_name, sealed, label) => {
    expect(() => current.open(sealed, label)).toThrow(KeyEncryptionError);
  });

  it('does not open what was changed in any bit', () => {
    const sealed = Buffer.from(current.seal(TEXT, 'a'), 'base64url');
    fc.assert(
      fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
        const changed = Buffer.from(sealed);
        changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        expect(() => current.open(changed.toString('base64url'), 'a')).toThrow(KeyEncryptionError);
      }),
    );
  });

  it('says what to do, and nothing of a key-encryption key', () => {
    let message = '';
    try {
      both.open(new KeyEncryption('x'.repeat(32), []).seal(TEXT, 'key-1'), 'key-1');
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/^KEY_ENCRYPTION_KEY does not open the key key-1 .*KEY_ENCRYPTION_KEY_PREVIOUS/);
    expect(message).toContain('Nothing was overwritten');
    for (const secret of [SECRET, FORMER, OTHER]) expect(message).not.toContain(secret);
  });

  it('opens by a former key, and seals by the current one alone', () => {
    expect(both.open(former.seal(TEXT, 'a'), 'a')).toEqual(TEXT);
    expect(current.open(both.seal(TEXT, 'a'), 'a')).toEqual(TEXT);
    expect(() => former.open(both.seal(TEXT, 'a'), 'a')).toThrow(KeyEncryptionError);
  });

  it('seals anew what a former key sealed, and leaves alone what the current one did', () => {
    const old = former.seal(TEXT, 'a');
    const anew = both.sealAnew(old, 'a');
    expect(current.open(anew, 'a')).toEqual(TEXT);
    expect(both.sealAnew(anew, 'a')).toBe(anew);
    expect(both.isSealedByFormer(old, 'a')).toBe(true);
    expect(both.isSealedByFormer(anew, 'a')).toBe(false);
  });

  it('seals anew nothing that it cannot open', () => {
    const foreign = new KeyEncryption('x'.repeat(32), []).seal(TEXT, 'a');
    expect(() => both.sealAnew(foreign, 'a')).toThrow(KeyEncryptionError);
    expect(current.sealAnew(foreign, 'a')).toBe(foreign);
  });
});
