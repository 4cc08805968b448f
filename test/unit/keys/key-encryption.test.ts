import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeyEncryption, KeyEncryptionError } from '../../../src/keys/key-encryption.js';

const SECRET = 'a-key-encryption-key-of-the-tests-0123456789';
const PREVIOUS = 'the-previous-key-encryption-key-of-tests-000';
const OTHER = 'a-third-key-encryption-key-of-the-tests-0123';

const current = new KeyEncryption(SECRET, []);
const previous = new KeyEncryption(PREVIOUS, []);
const both = new KeyEncryption(SECRET, [OTHER, PREVIOUS]);
const FOREIGN = 'the encryption key of another service';
const TEXT = Buffer.from('a private key');

describe('KeyEncryption', () => {
  it('opens what it sealed, for any bytes and label', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (bytes, label) => {
        expect(current.open(current.seal(bytes, label), label)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('seals the same bytes to a different text each time, never in the clear', () => {
    const sealed = [current.seal(TEXT, 'a'), current.seal(TEXT, 'a')];
    expect(sealed[0]).not.toBe(sealed[1]);
    for (const each of sealed) {
      expect(each).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(Buffer.from(each, 'base64url').includes(TEXT)).toBe(false);
    }
  });

  it.each([
    ['what was sealed with another key', previous.seal(TEXT, 'a'), 'a'],
    ['what was sealed under another label, as in a swapped row', current.seal(TEXT, 'b'), 'a'],
    ['an empty string', '', 'a'],
    ['bytes shorter than a nonce and a tag', Buffer.alloc(27).toString('base64url'), 'a'],
    ['text that was never sealed', 'not sealed at all, but long enough to be', 'a'],
  ])('does not open %s', (_name, sealed, label) => {
    expect(() => current.open(sealed, label)).toThrow(KeyEncryptionError);
  });

  it('does not open sealed bytes with any single bit changed', () => {
    const sealed = Buffer.from(current.seal(TEXT, 'a'), 'base64url');
    fc.assert(
      fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
        const changed = Buffer.from(sealed);
        changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        expect(() => current.open(changed.toString('base64url'), 'a')).toThrow(KeyEncryptionError);
      }),
    );
  });

  it('throws an error that says what to do and contains no key encryption key', () => {
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

  it('opens with a previous key, but seals only with the current one', () => {
    expect(both.open(previous.seal(TEXT, 'a'), 'a')).toEqual(TEXT);
    expect(current.open(both.seal(TEXT, 'a'), 'a')).toEqual(TEXT);
    expect(() => previous.open(both.seal(TEXT, 'a'), 'a')).toThrow(KeyEncryptionError);
  });

  it('reseals what a previous key sealed, and leaves what the current key sealed unchanged', () => {
    const old = previous.seal(TEXT, 'a');
    const resealed = both.reseal(old, 'a');
    expect(current.open(resealed, 'a')).toEqual(TEXT);
    expect(both.reseal(resealed, 'a')).toBe(resealed);
    expect(both.isSealedByPrevious(old, 'a')).toBe(true);
    expect(both.isSealedByPrevious(resealed, 'a')).toBe(false);
  });

  it('does not reseal what it cannot open', () => {
    const foreign = new KeyEncryption(FOREIGN, []).seal(TEXT, 'a');
    expect(() => both.reseal(foreign, 'a')).toThrow(KeyEncryptionError);
    expect(current.reseal(foreign, 'a')).toBe(foreign);
  });
});
