import type { ApiParamOptions } from '@nestjs/swagger';

type Examples = Record<string, { readonly summary: string; readonly value: object }>;

const example = (summary: string, value: object): Examples => ({ [summary]: { summary, value } });

/** Path parameters in the documentation. The client ID is that of {@link NEW_CLIENT}. */
export const CLIENT_ID: ApiParamOptions = { name: 'id', example: 'careergpt', description: 'The client_id' };
export const SECRET_ID: ApiParamOptions = { name: 'secretId', example: '9f86d081884c7d65' };

/** A back end that requests tokens for itself and for its users, and a workload of {@link NEW_ISSUER}. */
export const NEW_CLIENT: Examples = {
  ...example('A trusted back end', {
    client_id: 'careergpt',
    name: 'CareerGPT',
    audiences: ['logging-service'],
    scopes: ['logs:read', 'logs:write'],
    claims: ['tenant'],
    may_act_for: ['user-*'],
  }),
  ...example('A workflow of GitHub Actions, without a secret', {
    client_id: 'deploy',
    audiences: ['logging-service'],
    federated_credentials: [
      {
        issuer: 'github',
        subject: 'repo:acme@123/app@456:ref:refs/heads/main',
        claims: { '/repository_id': '456', '/environment': ['production', 'staging'] },
      },
    ],
    token_endpoint_auth_methods: ['federated'],
  }),
};

export const CHANGED_CLIENT = example('Another name and a lifetime of its own', {
  name: 'CareerGPT, production',
  token_lifetime_seconds: 300,
});

export const NEW_SECRET = example('A secret that expires in 90 days', { expires_in: 7_776_000 });

/** The ID of {@link NEW_ISSUER}. */
export const ISSUER_ID: ApiParamOptions = {
  name: 'id',
  example: 'local-idp',
  description: 'The ID of the entry',
};

/** An issuer on this machine, and the platforms that most clients run on. */
export const NEW_ISSUER: Examples = {
  ...example('An issuer on this machine, such as oauth2-mock-server', {
    id: 'local-idp',
    issuer: 'http://127.0.0.1:8080',
    keys: { discovery: true },
    uses: ['client_authentication', 'jwt_bearer', 'token_exchange'],
  }),
  ...example('GitHub Actions', {
    id: 'github',
    issuer: 'https://token.actions.githubusercontent.com',
    keys: { discovery: true },
    algorithms: ['RS256'],
    uses: ['client_authentication'],
  }),
  ...example('Users of an IdP', {
    id: 'corporate',
    issuer: 'https://login.example.com',
    keys: { jwks_uri: 'https://login.example.com/jwks.json' },
    uses: ['jwt_bearer'],
    claims: { '/email': 'email' },
  }),
};

export const CHANGED_ISSUER = example('Tokens of 10 minutes at most, each used once', {
  max_lifetime_seconds: 600,
  replay: { client_authentication: 'once' },
});

/**
 * A token of {@link NEW_ISSUER}. It expired on 1 January 2026, and no key verifies it: its last part is the text
 * `never-verifies`, not a signature.
 */
export const OUTSIDE_TOKEN = example('A forged token', {
  token:
    'eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImV4YW1wbGUifQ.eyJpc3MiOiJodHRwOi8vMTI3LjAuMC4xOjgwODAiLCJzdWIiOiJqb2ItMSIsImF1ZCI6ImlkZW50aXR5LWJhY2tlbmQiLCJpYXQiOjE3NjcyMjU2MDAsImV4cCI6MTc2NzIyNjUwMH0.bmV2ZXItdmVyaWZpZXM',
  use: 'client_authentication',
});

/** Works with any algorithms: every service makes keys for its own administration. */
export const ALL_KEYS = example('All keys', { revoke: false });
