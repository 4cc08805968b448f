import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isSameSecret, secretWarnings, secretWeakness } from '../../../src/jwt/secret-strength.js';
import { SECRET } from '../../support/settings.js';

const PEM = '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n';
const JWK = '{"k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ", "kty" : "oct"}';

describe('secretWeakness', () => {
  it.each([
    ['of exactly the least length', 'q7Zk2vXw9Lr4Ty6Bn1Mc8Hd3Fg5Js0Pa', 32],
    ['with more bytes than characters', 'q7Zk2vXw9Lr4Ty6Bn1Mc8Hdé東😀', 32],
    ['that contains a placeholder and other text', 'changeme-was-replaced-by-something-random-7Zk2', 32],
    ['of random punctuation around a word', '!@#$%^&*()_dev+{}|:<>?~[];,./-=', 30],
    ['with spaces and quotes', ' "q7Zk2vXw9Lr4Ty6Bn1Mc8Hd3Fg5Js0Pa" ', 32],
  ])('is undefined for a secret %s', (_name, secret, leastBytes) => {
    expect(secretWeakness(secret, leastBytes)).toBeUndefined();
  });

  it.each([32, 48, 64])('reports a secret under %d bytes', (leastBytes) => {
    const secret = 'q7Zk2vXw9Lr4Ty6Bn1Mc8Hd3Fg5Js0Pa'.repeat(2);
    expect(secretWeakness(secret.slice(0, leastBytes), leastBytes)).toBeUndefined();
    expect(secretWeakness(secret.slice(0, leastBytes - 1), leastBytes)).toBe(`is under ${leastBytes} bytes`);
  });

  it.each([
    '<strong-shared-secret>',
    'your_shared_secret',
    'changeme',
    'CHANGEME',
    ' changeme\n',
    '"changeme"',
    "'<strong-shared-secret>'",
    'changeme'.repeat(4),
    'changeme'.repeat(8),
    'changeme-'.repeat(5),
    'your_shared_secret your_shared_secret ',
    'secret'.repeat(6).slice(0, 33),
    'a'.repeat(32),
    '0'.repeat(64),
    `${'a'.repeat(64)}\n`,
    '\0'.repeat(16) + 'a'.repeat(32),
    '"'.repeat(4) + '!'.repeat(40),
    'ChangeMe'.repeat(4),
    'cHaNgEmE-cHaNgEmE_cHaNgEmE.cHaNgEmE',
    'changeme\tchangeme\tchangeme\tchangeme',
    `  "'changeme'"  `,
    '\u201Cchangeme\u201D',
    '\uFF43\uFF48\uFF41\uFF4E\uFF47\uFF45\uFF4D\uFF45',
    'c-h-a-n-g-e-m-e'.repeat(3),
    'change\u200Bme'.repeat(4),
    `changeme${' '.repeat(56)}`,
    `changeme${'x'.repeat(56)}`,
    `changeme${'!'.repeat(56)}`,
    `changeme${'\0'.repeat(56)}`,
    'changeme0000000'.repeat(1) + '-changeme-changeme',
    'supersecret-jwt-secret-key-changeme-todo',
    'changeme1changeme2changeme3changeme4',
    'your-256-bit-secretyour-256-bit-',
    '<strong-shared-secret><strong-shared-secret>',
    'password-password-password-password-password',
    `<strong-shared-secret>${' '.repeat(42)}`,
    `<strong-shared-secret>${'.'.repeat(42)}`,
    `"<strong-shared-secret>"${'\n'.repeat(42)}`,
    `[<your_shared_secret>] ${'!'.repeat(42)}`,
  ])('reports a placeholder: %j', (secret) => {
    expect(secretWeakness(secret, 8)).toBe('is a known placeholder');
  });

  it.each([
    ['PEM', PEM],
    ['PEM with whitespace before it', `  ${PEM}`],
    ['JWK', JWK],
    ['JWK over several lines', JWK.replaceAll(',', ',\n')],
  ])('reports the text of a key: %s', (_name, secret) => {
    expect(secretWeakness(secret, 32)).toMatch(/PEM or JWK/);
  });
});

describe('secretWeakness of whitespace', () => {
  it.each([
    ' ',
    '\n',
    '\t',
    '\r\n',
    '\u00A0',
    '\u2003',
    '\u200B',
    '\uFEFF',
    '\0',
    ' \t\n',
    '\u2800',
    '\u3164',
  ])('is reported if it is the whole secret: %j', (unit) => {
    expect(secretWeakness(unit.repeat(64), 32)).toBe('is nothing but white space');
  });

  it.each([`abc${' '.repeat(61)}`, `${'\n'.repeat(60)}q7Zk`, `${'\t'.repeat(32)}q7Zk2vX${' '.repeat(32)}`])(
    'is reported if it pads a short text: %j',
    (secret) => {
      expect(secretWeakness(secret, 32)).toBe('is a short text padded with white space');
    },
  );

  it('is undefined around a strong secret', () => {
    expect(secretWeakness(` ${SECRET}\n`, 64)).toBeUndefined();
  });
});

describe('secretWeakness of a repetition', () => {
  it.each([
    'ab'.repeat(16),
    'abc'.repeat(40),
    'AbC'.repeat(11),
    '0123456789'.repeat(4),
    'q7Zk2vXw'.repeat(4),
    'q7Zk2vXw-'.repeat(4),
    'q7Zk2vXw q7zk2vxw_Q7ZK2VXW.q7Zk2vXw',
    `"${'q7Zk'.repeat(16)}"`,
    'q7Zk2vXw9Lr4Ty6Bn1Mc8Hd3Fg5Js0P'.repeat(3),
    '!?'.repeat(20),
    '\u6771\u4EAC'.repeat(8),
  ])('is reported: %j', (secret) => {
    expect(secretWeakness(secret, 32)).toBe('is a short text repeated');
  });

  it('is undefined if the repeated text is long enough by itself', () => {
    expect(secretWeakness('q7Zk2vXw9Lr4Ty6Bn1Mc8Hd3Fg5Js0Pa'.repeat(2), 64)).toBeUndefined();
  });

  it('is undefined for a very long text that differs only in its last character', () => {
    expect(secretWeakness(`${'a'.repeat(100_000)}b`, 32)).toBeUndefined();
  });
});

describe('secretWeakness of random bytes', () => {
  it.each(['base64', 'base64url', 'hex'] as const)(
    'is undefined for 32, 48 and 64 bytes in %s',
    (encoding) => {
      for (let count = 0; count < 1_000; count++) {
        for (const bytes of [32, 48, 64]) {
          expect(secretWeakness(randomBytes(bytes).toString(encoding), bytes)).toBeUndefined();
        }
      }
    },
  );

  it('is undefined for random passwords of printable ASCII', () => {
    const printable = fc.constantFrom(
      ...Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)),
    );
    const secrets = fc
      .array(printable, { minLength: 32, maxLength: 32, size: 'max' })
      .map((letters) => letters.join(''));
    fc.assert(
      fc.property(secrets, (secret) => {
        // fast-check draws repeated numbers to find edges; random numbers do not repeat.
        fc.pre(new Set(secret).size >= 16);
        return secretWeakness(secret, 32) === undefined;
      }),
      { numRuns: 2_000 },
    );
  });

  it('is undefined for random punctuation with a word in it', () => {
    expect(secretWeakness('dev!@#$%^&*()_+{}|:<>?~`-=[];,./', 32)).toBeUndefined();
  });
});

describe('secretWeakness of the text of a key', () => {
  it.each([
    `"${PEM}"`,
    PEM.replaceAll('\n', '\\n'),
    '-----BEGIN RSA PUBLIC KEY-----MIIBCgKCAQEA',
    JSON.stringify({ keys: [{ kty: 'EC', crv: 'P-256' }] }),
    JSON.stringify(JWK),
    "{'kty': 'oct', 'k': 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ'}",
    'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 me@here',
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHK me@here',
    Buffer.from(PEM).toString('base64'),
    Buffer.from('{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"}').toString('base64'),
  ])('is reported: %j', (secret) => {
    expect(secretWeakness(secret, 32)).toMatch(/PEM or JWK/);
  });
});

describe('isSameSecret', () => {
  it.each([
    SECRET,
    ` ${SECRET}`,
    `${SECRET}\n`,
    `${SECRET}\r\n`,
    `"${SECRET}"`,
    `'${SECRET}' `,
    `\u00A0${SECRET}\u200B`,
  ])('ignores whitespace and quotes around a secret: %j', (copy) => {
    expect(isSameSecret(SECRET, copy)).toBe(true);
    expect(isSameSecret(copy, SECRET)).toBe(true);
  });

  it('is false for another secret', () => {
    expect(isSameSecret(SECRET, `${SECRET}0`)).toBe(false);
  });
});

describe('secretWarnings', () => {
  it('is empty for a strong secret', () => {
    expect(secretWarnings(SECRET)).toEqual([]);
  });

  it.each([
    ['has a trailing newline', `${SECRET}\n`],
    ['has a trailing newline', `${SECRET}\r\n`],
    ['has surrounding white space', ` ${SECRET}`],
    ['has surrounding white space', `${SECRET}\t`],
    ['is wrapped in quotes', `"${SECRET}"`],
    ['is wrapped in quotes', `'${SECRET}'`],
    ['is wrapped in quotes', `"${SECRET}"\n`],
    ['is a known placeholder', 'changeme'],
    ['is under 32 bytes', 'q7Zk2vXw9Lr4Ty6Bn1Mc8Hd3Fg5Js0P'],
  ])('says that the secret %s: %j', (warning, secret) => {
    expect(secretWarnings(secret)).toContain(warning);
  });

  it('does not quote the secret', () => {
    for (const warning of secretWarnings(' "marker" \n')) expect(warning).not.toContain('marker');
  });
});
