import { describe, expect, it } from '@jest/globals';
import { clientSettings } from '../../../src/token-client/client-settings.js';

const URL = 'https://issuer.example/base';
const CLIENT = { clientId: 'client', clientSecret: 'marker' };

describe('clientSettings', () => {
  it('accepts client credentials, a subject, or both', () => {
    const credentials = CLIENT;
    expect(clientSettings({ issuerUrl: URL, ...CLIENT })).toMatchObject({ credentials, subject: undefined });
    expect(clientSettings({ issuerUrl: URL, subject: 'a' })).toMatchObject({
      subject: 'a',
      credentials: undefined,
    });
    expect(clientSettings({ issuerUrl: URL, subject: 'a', ...CLIENT })).toMatchObject({
      credentials,
      subject: 'a',
    });
  });

  it.each([URL, `${URL}/`, `${URL}//`])('removes trailing slashes from the issuer URL %s', (issuerUrl) => {
    expect(clientSettings({ issuerUrl, subject: 'a' }).issuerUrl).toBe(URL);
  });

  it.each([
    ['neither client nor subject', { issuerUrl: URL }, /clientId and clientSecret, or a subject/],
    ['an empty subject', { issuerUrl: URL, subject: '', ...CLIENT }, /subject/],
    ['a clientId without a clientSecret', { issuerUrl: URL, clientId: 'client' }, /go together/],
    ['an empty clientSecret', { issuerUrl: URL, clientId: 'client', clientSecret: '' }, /go together/],
    ['a clientSecret without a clientId', { issuerUrl: URL, clientSecret: 'marker' }, /go together/],
    [
      'an empty clientId',
      { issuerUrl: URL, subject: 'a', clientId: '', clientSecret: 'marker' },
      /go together/,
    ],
    ['an empty issuerUrl', { issuerUrl: '', ...CLIENT }, /issuerUrl must be an absolute/],
    [
      'credentials in the issuerUrl',
      { issuerUrl: 'https://a:marker@issuer.example', ...CLIENT },
      /credentials/,
    ],
    ['plain HTTP to another host', { issuerUrl: 'http://issuer.example', ...CLIENT }, /must be https/],
  ])('rejects %s, and does not repeat a secret', (_name, options, words) => {
    expect(() => clientSettings(options)).toThrow(TypeError);
    expect(() => clientSettings(options)).toThrow(words);
    expect(() => clientSettings(options)).not.toThrow(/marker/);
  });

  it('accepts plain HTTP with allowPlainHttp', () => {
    const options = { issuerUrl: 'http://issuer.internal', allowPlainHttp: true, ...CLIENT };
    expect(() => clientSettings(options)).not.toThrow();
  });
});
