import { describe, expect, it } from '@jest/globals';
import { withoutSecrets } from '../../../src/jwt/without-secrets.js';
import { handMadeToken } from '../../support/hand-made-token.js';

const token = handMadeToken();
const [, , mac = ''] = token.split('.');
const credentials = Buffer.from('client-1:a-secret-of-a-client').toString('base64');

describe('withoutSecrets', () => {
  it.each([
    ['a token', `failed on ${token}`],
    ['a token in an address', `GET /x?token=${token}&y=1`],
    ['a token in quotes', `{"token":"${token}"}`],
    ['a token without a signature', `failed on ${token.slice(0, -mac.length)}`],
    ['several tokens', `${token} and ${token}`],
    ['a token between line ends', `first\n${token}\nlast`],
    ['a token behind Bearer', `Authorization: Bearer ${token}`],
    ['credentials behind Basic', `authorization: Basic ${credentials}`],
    ['an opaque token behind Bearer', `Bearer ${mac}`],
    ['credentials behind basic in small letters', `authorization: basic ${credentials}`],
    ['credentials behind BEARER in capitals', `AUTHORIZATION: BEARER ${mac}`],
  ])('removes %s', (_name, text) => {
    const left = withoutSecrets(text);
    expect(left).toContain('[removed]');
    for (const secret of [mac, credentials, token.slice(0, 40)]) expect(left).not.toContain(secret);
  });

  it.each([
    'Cannot read properties of undefined',
    'at file:///srv/app/dist/main.js:12:34',
    'a.b.c',
    'v1.2.3',
    'logging-service.production.example.com',
    'eyeglasses-service.production.example.com',
  ])('leaves %j as it is', (text) => {
    expect(withoutSecrets(text)).toBe(text);
  });
});
