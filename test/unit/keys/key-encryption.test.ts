import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeyEncryption, KeyEncryptionError } from '../../../src/keys/key-encryption.js';

const SECRET = 'a-key-encryption-key-of-the-tests-0123456789';
const PREVIOUS = 'the-previous-key-encryption-key-of-tests-000';
const OTHER = 'a-third-key-encryption-key-of-the-tests-0123';

const current = new KeyEncryption(SECRET, []);
const previous = new KeyEncryption(PREVIOUS, []);
const both = new KeyEncryption(SECRET, [OTHER, PREVIOUS]);
/** Of another service. */
const FOREIGN = 'the encryption key of another service';
const TEXT = Buffer.from('a private key');

describe('KeyEncryption', () => {
  it('opens what it sealed, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (bytes, label) => {
        expect(current.open(current.seal(bytes, label), label)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('encrypts the same twice to different texts, neither of which contains it', () => {
    const sealed = [current.seal(TEXT, 'a'), current.seal(TEXT, 'a')];
    expect(sealed[0]).not.toBe(sealed[1]);
    for (const each of sealed) {
      expect(each).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(Buffer.from(each, 'base64url').includes(TEXT)).toBe(false);
    }
  });

  it.each([
    ['by another key', previous.seal(TEXT, 'a'), 'a'],
    ['under another label, as if one row was substituted for another', current.seal(TEXT, 'b'), 'a'],
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

  it('says what to do, and nothing about a key encryption key', () => {
    let message = '';
    try {
      both.open(new KeyEncryption(FOREIGN, []).seal(TEXT, 'key-1'), 'key-1');
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(
      /^KEY_ENCRYPTION_KEY does not decrypt the key key-1 .*KEY_ENCRYPTION_KEY_PREVIOUS/,
    );
    expect(message).toContain('Nothing was overwritten');
    for (const secret of [SECRET, PREVIOUS, OTHER]) expect(message).not.toContain(secret);
  });

  it('decrypts with a previous key, and encrypts with the current one only', () => {
    expect(both.open(previous.seal(TEXT, 'a'), 'a')).toEqual(TEXT);
    expect(current.open(both.seal(TEXT, 'a'), 'a')).toEqual(TEXT);
    expect(() => previous.open(both.seal(TEXT, 'a'), 'a')).toThrow(KeyEncryptionError);
  });

  it('encrypts again what a previous key encrypted, and leaves unchanged what the current one did', () => {
    const old = previous.seal(TEXT, 'a');
    const resealed = both.reseal(old, 'a');
    expect(current.open(resealed, 'a')).toEqual(TEXT);
    expect(both.reseal(resealed, 'a')).toBe(resealed);
    expect(both.isSealedByPrevious(old, 'a')).toBe(true);
    expect(both.isSealedByPrevious(resealed, 'a')).toBe(false);
  });

  it('seals resealed nothing that it cannot open', () => {
    const foreign = new KeyEncryption(FOREIGN, []).seal(TEXT, 'a');
    expect(() => both.reseal(foreign, 'a')).toThrow(KeyEncryptionError);
    expect(current.reseal(foreign, 'a')).toBe(foreign);
  });
});
