import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { serverMetadata } from '../../../src/oauth2/metadata.js';
import { baseUrlOf } from '../../../src/published-urls.js';

const metadataOf = (
  issuer: string,
  basePath = '',
  publicUrl = baseUrlOf(issuer),
): ReturnType<typeof serverMetadata> =>
  serverMetadata({
    issuer,
    publicUrl,
    basePath,
    grantTypes: ['client_credentials'],
    algorithms: ['HS256'],
    documentation: true,
  });

describe('serverMetadata', () => {
  it('returns the issuer exactly, and every endpoint under PUBLIC_URL', () => {
    const origin = fc.constantFrom(
      'https://id.example.com',
      'http://127.0.0.1:3000',
      'https://id.example.com:443',
    );
    const path = fc.constantFrom('', '/identity-backend', '/a/b-c');
    fc.assert(
      fc.property(origin, path, fc.constantFrom('', '/'), (scheme, basePath, slash) => {
        const issuer = scheme + basePath + slash;
        expect(metadataOf(issuer, basePath)).toMatchObject({
          issuer,
          authorization_endpoint: `${scheme}${basePath}/oauth2/authorize`,
          token_endpoint: `${scheme}${basePath}/oauth2/token`,
          introspection_endpoint: `${scheme}${basePath}/oauth2/introspect`,
          revocation_endpoint: `${scheme}${basePath}/oauth2/revoke`,
          jwks_uri: `${scheme}${basePath}/.well-known/jwks.json`,
          service_documentation: `${scheme}${basePath}/docs`,
        });
      }),
    );
  });

  it('returns the endpoints under PUBLIC_URL behind a proxy that strips its path', () => {
    expect(metadataOf('https://id.example.com', '', 'https://api.example.com/id')).toMatchObject({
      issuer: 'https://id.example.com',
      token_endpoint: 'https://api.example.com/id/oauth2/token',
    });
  });

  it('returns the fields that clients need, and none for features that are not supported', () => {
    const metadata = metadataOf('https://id.example.com');
    expect(metadata).toMatchObject({
      response_types_supported: [],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['HS256'],
      token_endpoint_auth_signing_alg_values_supported: [
        'RS256',
        'PS256',
        'ES256',
        'ES384',
        'EdDSA',
        'Ed25519',
      ],
    });
    for (const name of ['scopes_supported', 'code_challenge_methods_supported', 'registration_endpoint'])
      expect(metadata).not.toHaveProperty(name);
    expect(JSON.stringify(metadata)).not.toMatch(/dpop|identity:/);
  });

  it('omits service_documentation if the documentation is not served', () => {
    const issuer = 'https://id.example.com';
    const metadata = serverMetadata({
      ...{ issuer, publicUrl: issuer, basePath: '', grantTypes: [], algorithms: [], documentation: false },
    });
    expect(metadata).not.toHaveProperty('service_documentation');
  });

  it.each([
    ['identity-backend', '', 'is not an http or https URL'],
    ['urn:example:id', '', 'is not an http or https URL'],
    ['https://', '', 'is not an http or https URL'],
    ['https://id.example.com', '/base', 'the path of JWT_ISSUER is not BASE_PATH'],
    ['https://id.example.com/base', '', 'the path of JWT_ISSUER is not BASE_PATH'],
    ['https://id.example.com/base//', '/base', 'the path of JWT_ISSUER is not BASE_PATH'],
    ['https://id.example.com/?', '', 'the path of JWT_ISSUER is not BASE_PATH'],
    ['https://user@id.example.com', '', 'the path of JWT_ISSUER is not BASE_PATH'],
  ])(
    'returns the reason why the issuer %s with the base path %j has no metadata',
    (issuer, basePath, words) => {
      expect(metadataOf(issuer, basePath)).toEqual(expect.stringContaining(words));
      expect(metadataOf(issuer, basePath, 'https://id.example.com')).toEqual(expect.stringContaining(words));
    },
  );
});
