import { createPublicKey } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { loadSettings } from '../../../src/config/load-settings.js';
import { type LoadedSettings, SettingsError } from '../../../src/config/settings.js';
import { pemOf, privateKeyFor } from '../../support/private-keys.js';
import { SECRET } from '../../support/settings.js';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/temporary-directory.js';

type Variables = Record<string, string | undefined>;

const DAY = 24 * 60 * 60 * 1000;

afterAll(removeTemporaryDirectories);

const load = (variables: Variables = {}, directory = temporaryDirectory()): LoadedSettings =>
  loadSettings(directory, {
    JWT_SECRET_KEY: SECRET,
    KEY_ENCRYPTION_KEY: 'a-key-encryption-key-of-32-bytes',
    ...variables,
  });

const loadInProduction = (variables: Variables = {}): LoadedSettings =>
  load({ NODE_ENV: 'production', ...variables });

function faultsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  return [];
}

describe('JWT_ALGORITHM', () => {
  it.each<[string, string[]]>([
    ['RS256', ['RS256']],
    ['PS256', ['PS256']],
    ['ES256', ['ES256']],
    ['ES384', ['ES384']],
    ['EdDSA', ['EdDSA']],
    ['HS256|ES256', ['HS256', 'ES256']],
    ['ES256|HS256', ['ES256', 'HS256']],
  ])('accepts %s', (JWT_ALGORITHM, algorithms) => {
    expect(load({ JWT_ALGORITHM }).algorithms).toEqual(algorithms);
  });

  it.each(['ES512', 'none', 'es256', 'ES256,HS256', 'ES256|', '|', 'ES256|ES256', 'ES256 | HS256', 'marker'])(
    'rejects %j',
    (JWT_ALGORITHM) => {
      const faults = faultsOf(() => load({ JWT_ALGORITHM }));
      expect(faults.join()).toMatch(/^JWT_ALGORITHM must be one of HS256, .*joined by \|$/);
      expect(faults.join()).not.toContain('marker');
    },
  );
});

describe('AUDIENCE_ALGORITHMS', () => {
  it.each<[string, string, Record<string, string[]>]>([
    ['one audience', 'reporting=ES256', { reporting: ['ES256'] }],
    [
      'several audiences, one with a list of algorithms',
      'reporting=ES256,billing=RS256|HS256',
      { reporting: ['ES256'], billing: ['RS256', 'HS256'] },
    ],
    ['spaces around names', ' a = ES256 , b = EdDSA ', { a: ['ES256'], b: ['EdDSA'] }],
    ['an audience that contains =', 'https://a.example/?b=c=ES256', { 'https://a.example/?b=c': ['ES256'] }],
  ])('accepts %s', (_name, AUDIENCE_ALGORITHMS, lists) => {
    expect(load({ AUDIENCE_ALGORITHMS }).audienceAlgorithms).toEqual(new Map(Object.entries(lists)));
  });

  it.each([
    ['an audience without a list', 'marker'],
    ['an empty list', 'marker='],
    ['an unknown algorithm', 'marker=ES512'],
    ['a repeated algorithm', 'marker=ES256|ES256'],
    ['no audience', '=ES256'],
    ['a repeated audience', 'marker=ES256,marker=RS256'],
    ['an audience in two spellings', 'https://marker.example=ES256,HTTPS://marker.example:443/=RS256'],
    ['an empty entry', 'marker=ES256,,b=RS256'],
    ['a control character', 'mark\u0007er=ES256'],
  ])('rejects %s', (_name, AUDIENCE_ALGORITHMS) => {
    expect(faultsOf(() => load({ AUDIENCE_ALGORITHMS }))).toEqual([
      'AUDIENCE_ALGORITHMS must be lists such as reporting=ES256,billing=RS256|HS256',
    ]);
  });

  it('rejects a list for another spelling of the issuer', () => {
    const variables = {
      JWT_ISSUER: 'https://id.example.com',
      AUDIENCE_ALGORITHMS: 'https://ID.example.com/=HS256',
    };
    expect(faultsOf(() => load(variables))).toEqual([
      expect.stringMatching(/^AUDIENCE_ALGORITHMS names JWT_ISSUER/),
    ]);
  });

  it.each([{}, { JWT_ISSUER: 'https://id.example.com' }])(
    'rejects a list for the issuer: %j',
    (variables: Variables) => {
      const issuer = variables['JWT_ISSUER'] ?? 'identity-backend';
      const faults = faultsOf(() => load({ ...variables, AUDIENCE_ALGORITHMS: `${issuer}=HS256` }));
      expect(faults).toEqual([expect.stringMatching(/^AUDIENCE_ALGORITHMS names JWT_ISSUER/)]);
    },
  );
});

describe('KEY_ROTATION_DAYS', () => {
  it.each<[string, Variables, number | null]>([
    ['90 days by default', {}, 90 * DAY],
    ['any other number of days', { KEY_ROTATION_DAYS: '7' }, 7 * DAY],
    ['null for 0: rotation by hand only', { KEY_ROTATION_DAYS: '0', JWT_EXPIRATION_MINUTES: '1440' }, null],
    [
      'exactly the longest lifetime plus 10 minutes',
      { KEY_ROTATION_DAYS: '1', JWT_EXPIRATION_MINUTES: '1430' },
      DAY,
    ],
  ])('sets the rotation period to %s', (_name, variables, period) => {
    expect(load(variables).rotationPeriodMs).toBe(period);
  });

  it('rejects a period shorter than the longest lifetime plus 10 minutes', () => {
    expect(faultsOf(() => load({ KEY_ROTATION_DAYS: '1', JWT_EXPIRATION_MINUTES: '1431' }))).toEqual([
      'KEY_ROTATION_DAYS is shorter than JWT_EXPIRATION_MINUTES and 10 minutes',
    ]);
  });

  it.each(['-1', '1.5', '3651', 'marker'])('rejects %s', (KEY_ROTATION_DAYS) => {
    expect(faultsOf(() => load({ KEY_ROTATION_DAYS }))).toEqual([
      'KEY_ROTATION_DAYS must be a whole number from 0 to 3650',
    ]);
  });
});

describe('JWT_SECRET_KEY', () => {
  it.each<[string, Variables]>([
    ['JWT_ALGORITHM has no HMAC algorithm', { JWT_ALGORITHM: 'ES256' }],
    [
      'no audience has an HMAC algorithm either',
      { JWT_ALGORITHM: 'RS256|EdDSA', AUDIENCE_ALGORITHMS: 'a=ES256' },
    ],
  ])('is not needed in production if %s', (_name, variables) => {
    expect(loadInProduction({ ...variables, JWT_SECRET_KEY: undefined }).secret).toBeUndefined();
  });

  it.each<[string, Variables]>([
    ['JWT_ALGORITHM has an HMAC algorithm among others', { JWT_ALGORITHM: 'ES256|HS256' }],
    ['an audience has an HMAC algorithm', { JWT_ALGORITHM: 'ES256', AUDIENCE_ALGORITHMS: 'legacy=HS256' }],
  ])('is required in production if %s', (_name, variables) => {
    expect(faultsOf(() => loadInProduction({ ...variables, JWT_SECRET_KEY: undefined }))).toEqual([
      'JWT_SECRET_KEY is required in production',
    ]);
  });

  it('must be at least as long as the longest hash of any audience', () => {
    const JWT_SECRET_KEY = 'q7Zk2vXw9Lr4Ty6Bn1Mc8Hd3Fg5Js0Pa';
    const variables = { AUDIENCE_ALGORITHMS: 'legacy=HS512', JWT_SECRET_KEY };
    expect(faultsOf(() => loadInProduction(variables))).toEqual(['JWT_SECRET_KEY is under 64 bytes']);
  });
});

describe('JWT_PRIVATE_KEY_FILE', () => {
  const directory = temporaryDirectory();
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text);
    return name;
  };
  const ES256 = file('es256.pem', pemOf(privateKeyFor('ES256')));
  const SECOND = file('second.pem', pemOf(privateKeyFor('ES256', 'second')));
  const ED25519 = file('ed25519.json', JSON.stringify(privateKeyFor('EdDSA').export({ format: 'jwk' })));
  const PUBLIC = createPublicKey(privateKeyFor('ES256')).export({ type: 'spki', format: 'pem' });
  const loadKeys = (JWT_PRIVATE_KEY_FILE: string, JWT_ALGORITHM = 'ES256|EdDSA|HS256'): LoadedSettings =>
    load({ JWT_PRIVATE_KEY_FILE, JWT_ALGORITHM }, directory);

  it('reads one key per file, in order, from relative and absolute paths', () => {
    const { importedKeys } = loadKeys(`${ES256}, ${join(directory, SECOND)},${ED25519}`);
    expect(importedKeys.map(({ algorithm }) => algorithm)).toEqual(['ES256', 'ES256', 'EdDSA']);
  });

  it('accepts a key for the algorithm of one audience', () => {
    const variables = { JWT_PRIVATE_KEY_FILE: ED25519, AUDIENCE_ALGORITHMS: 'reporting=EdDSA' };
    expect(load(variables, directory).importedKeys).toHaveLength(1);
  });

  it.each<[string, string, string, RegExp]>([
    ['that is missing', 'marker.pem', 'ES256', /^JWT_PRIVATE_KEY_FILE: file 1 cannot be read$/],
    ['that is a folder', 'folder-marker', 'ES256', /^JWT_PRIVATE_KEY_FILE: file 1 cannot be read$/],
    [
      'with a public key',
      file('public.pem', PUBLIC.toString()),
      'ES256',
      /file 1 is not a private key in PEM or JWK$/,
    ],
    ['that is empty', file('empty.pem', ''), 'ES256', /file 1 is not a private key/],
    ['that holds a JWK Set', file('set.json', '{"keys":["marker"]}'), 'ES256', /file 1 is a JWK Set/],
    ['of the wrong curve', ES256, 'ES384', /file 1 fits none .* \(ES384\)/],
    ['if no algorithm is asymmetric', ES256, 'HS256', /file 1 fits none .* \(none\)/],
    ['that is repeated', `${ES256},${SECOND},${ES256}`, 'ES256', /file 3 is given twice$/],
    ['with an empty name', `${ES256},,${SECOND}`, 'ES256', /file 2 cannot be read$/],
  ])('rejects a file %s, by its position and without a value', (_name, files, algorithm, words) => {
    mkdirSync(join(directory, 'folder-marker'), { recursive: true });
    const faults = faultsOf(() => loadKeys(files, algorithm));
    expect(faults).toEqual([expect.stringMatching(words)]);
    expect(faults.join()).not.toMatch(/marker|BEGIN|\.pem|\.json/);
  });

  it('reports all unreadable files at once', () => {
    expect(faultsOf(() => loadKeys('a.pem,b.pem,c.pem'))).toHaveLength(3);
  });
});
