import { describe, expect, it } from '@jest/globals';
import { secretWarnings, secretWeakness } from '../../../src/config/secret-strength.js';
import { SECRET } from '../../support/settings.js';

const PEM = '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n';
const JWK = '{"k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ", "kty" : "oct"}';

describe('secretWeakness', () => {
  it.each([
    ['of just enough bytes', 'q7Zk2vXw9Lr4Ty6Bn1Mc8Hd3Fg5Js0Pa', 32],
    ['whose bytes are more than its characters', 'q7Zk2vXw9Lr4Ty6Bn1Mc8Hdé東😀', 32],
    ['that holds a placeholder among other things', 'changeme-was-replaced-by-something-random-7Zk2', 32],
    ['with blanks and quotes', ' "q7Zk2vXw9Lr4Ty6Bn1Mc8Hd3Fg5Js0Pa" ', 32],
  ])('is nothing for a secret %s', (_name, secret, leastBytes) => {
    expect(secretWeakness(secret, leastBytes)).toBeUndefined();
  });

  it.each([32, 48, 64])('is its length where it is under %d bytes', (leastBytes) => {
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
  ])('is that it is a placeholder: %j', (secret) => {
    expect(secretWeakness(secret, 8)).toBe('is a known placeholder');
  });

  it.each([
    ['PEM', PEM],
    ['PEM with blanks before it', `  ${PEM}`],
    ['JWK', JWK],
    ['JWK over several lines', JWK.replaceAll(',', ',\n')],
  ])('is that it is the text of a key: %s', (_name, secret) => {
    expect(secretWeakness(secret, 32)).toMatch(/PEM or JWK/);
  });
});

describe('secretWarnings', () => {
  it('are none for a good secret', () => {
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
  ])('say that it %s: %j', (warning, secret) => {
    expect(secretWarnings(secret)).toContain(warning);
  });

  it('hold nothing of the secret', () => {
    for (const warning of secretWarnings(' "marker" \n')) expect(warning).not.toContain('marker');
  });
});
