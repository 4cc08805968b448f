import { describe, expect, it } from '@jest/globals';
import { checkServiceAddress } from '../../../src/http-client/service-address.js';

const check = (address: unknown, allowPlainHttp = false): void =>
  checkServiceAddress('address', address, { allowPlainHttp });

describe('checkServiceAddress', () => {
  it.each([
    'https://issuer.example/jwks.json',
    'https://issuer.example:8443/a/b?c=d',
    'http://localhost:3000',
    'http://127.0.0.1:3000/jwks.json',
    'http://127.8.9.1',
    'http://[::1]:3000',
    'http://issuer.localhost',
  ])('accepts %s', (address) => {
    expect(() => check(address)).not.toThrow();
  });

  it.each([
    'http://issuer.example/jwks.json',
    'http://localhost.example',
    'http://127.0.0.1.example',
    'http://10.0.0.1',
    'http://0.0.0.0',
  ])('rejects %s, plain HTTP to another host, unless it is allowed', (address) => {
    expect(() => check(address)).toThrow(/^address must be https/);
    expect(() => check(address, true)).not.toThrow();
  });

  it.each([
    '',
    '/jwks.json',
    'issuer.example',
    'file:///etc/passwd',
    'data:,x',
    'ftp://a.example',
    5,
    undefined,
  ])('rejects %j, which is not an absolute http(s) URL', (address) => {
    expect(() => check(address, true)).toThrow(new TypeError('address must be an absolute http(s) URL'));
  });

  it.each([
    'https://user:marker@issuer.example',
    'https://marker@issuer.example',
    'https://issuer.example/#marker',
  ])('rejects %s without quoting it', (address) => {
    expect(() => check(address)).toThrow('address must have neither credentials nor a fragment');
    expect(() => check(address)).not.toThrow(/marker/);
  });
});
