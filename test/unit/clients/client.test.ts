import { describe, expect, it } from '@jest/globals';
import {
  allowsMethod,
  canAuthenticate,
  type Client,
  CLIENT_AUTHENTICATION_METHODS,
  type ClientAuthenticationMethod,
  mayHaveSecret,
} from '../../../src/clients/client.js';
import { clientOf } from '../../support/client-values.js';
import { NEW_YEAR } from '../../support/moved-clock.js';

const NOW = NEW_YEAR * 1000;

const limited = (...methods: ClientAuthenticationMethod[]): Pick<Client, 'tokenEndpointAuthMethods'> => ({
  tokenEndpointAuthMethods: methods,
});

const secret = (expiresAt: number | null): Partial<Client> => ({
  secrets: [{ id: 's', hash: 'h', createdAt: NOW, expiresAt }],
});
const KEYS: Partial<Client> = { jwks: { keys: [] } };
const TOKENS: Partial<Client> = {
  federatedCredentials: [{ issuer: 'ci', subject: 'job', claims: {} }],
};
const WORKLOAD: Partial<Client> = {
  workloadGrant: true,
  grantTypes: ['urn:ietf:params:oauth:grant-type:jwt-bearer'],
};

describe('allowsMethod', () => {
  it('allows every method to a client that names none, else those that it names', () => {
    for (const method of CLIENT_AUTHENTICATION_METHODS) {
      expect(allowsMethod({ tokenEndpointAuthMethods: null }, method)).toBe(true);
      expect(allowsMethod(limited(), method)).toBe(false);
      for (const other of CLIENT_AUTHENTICATION_METHODS) {
        expect(allowsMethod(limited(method), other)).toBe(method === other);
      }
    }
  });
});

describe('mayHaveSecret', () => {
  it.each<[ClientAuthenticationMethod[], boolean]>([
    [['client_secret_basic'], true],
    [['client_secret_post', 'federated'], true],
    [['private_key_jwt', 'federated'], false],
    [[], false],
  ])('of %j is %s', (methods, expected) => {
    expect(mayHaveSecret(limited(...methods))).toBe(expected);
  });
});

describe('canAuthenticate', () => {
  it.each<[string, Partial<Client>, boolean]>([
    ['without credentials', {}, false],
    ['with a secret', secret(null), true],
    ['with a secret that expires later', secret(NOW + 1), true],
    ['with a secret that expires now', secret(NOW), false],
    ['with a secret and no method for it', { ...secret(null), ...limited('private_key_jwt') }, false],
    ['with keys', KEYS, true],
    ['with keys and their method', { ...KEYS, ...limited('private_key_jwt') }, true],
    ['with keys and the method of secrets', { ...KEYS, ...limited('client_secret_basic') }, false],
    ['with federated credentials', TOKENS, true],
    ['with federated credentials and their method', { ...TOKENS, ...limited('federated') }, true],
    ['with federated credentials and another method', { ...TOKENS, ...limited('private_key_jwt') }, false],
    ['with the grant of a workload', { ...TOKENS, ...limited(), ...WORKLOAD }, true],
    ['with it, but not the grant type', { ...TOKENS, ...limited(), ...WORKLOAD, grantTypes: [] }, false],
    ['with it, but no federated credentials', WORKLOAD, false],
    ['with an expired secret and keys', { ...secret(NOW), ...KEYS }, true],
  ])('%s is %3$s', (_name, fields, expected) => {
    expect(canAuthenticate(clientOf(fields), NOW)).toBe(expected);
  });
});
