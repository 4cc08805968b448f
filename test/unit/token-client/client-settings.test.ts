import { describe, expect, it } from '@jest/globals';
import { clientSettings } from '../../../src/token-client/client-settings.js';

const URL = 'https://issuer.example/base';
const CLIENT = { clientId: 'client', clientSecret: 'marker' };

describe('clientSettings', () => {
  it('takes client credentials, a subject, or both', () => {
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

  it.each([URL, `${URL}/`, `${URL}//`])(
    'takes the address %s as one without a slash at its end',
    (issuerUrl) => {
      expect(clientSettings({ issuerUrl, subject: 'a' }).issuerUrl).toBe(URL);
    },
  );

  it.each([
    ['neither client nor subject', { issuerUrl: URL }, /clientId and clientSecret, or a subject/],
    ['an empty subject', { issuerUrl: URL, subject: '', ...CLIENT }, /subject/],
    ['an id without a secret', { issuerUrl: URL, clientId: 'client' }, /go together/],
    ['an empty secret', { issuerUrl: URL, clientId: 'client', clientSecret: '' }, /go together/],
    ['a secret without an id', { issuerUrl: URL, clientSecret: 'marker' }, /go together/],
    ['an empty id', { issuerUrl: URL, subject: 'a', clientId: '', clientSecret: 'marker' }, /go together/],
    ['no address', { issuerUrl: '', ...CLIENT }, /issuerUrl must be an absolute/],
    ['a secret in the address', { issuerUrl: 'https://a:marker@issuer.example', ...CLIENT }, /credentials/],
    ['plain HTTP beyond this machine', { issuerUrl: 'http://issuer.example', ...CLIENT }, /must be https/],
  ])('rejects %s, without showing a secret', (_name, options, words) => {
    expect(() => clientSettings(options)).toThrow(TypeError);
    expect(() => clientSettings(options)).toThrow(words);
    expect(() => clientSettings(options)).not.toThrow(/marker/);
  });

  it('accepts plain HTTP if the network encrypts', () => {
    const options = { issuerUrl: 'http://issuer.internal', allowPlainHttp: true, ...CLIENT };
    expect(() => clientSettings(options)).not.toThrow();
  });
});
