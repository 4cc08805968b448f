import type { ApiParamOptions } from '@nestjs/swagger';

type Examples = Record<string, { readonly summary: string; readonly value: object }>;

const example = (summary: string, value: object): Examples => ({ [summary]: { summary, value } });

/** The path parameters of the documentation: the client that {@link NEW_CLIENT} registers. */
export const CLIENT_ID: ApiParamOptions = { name: 'id', example: 'careergpt', description: 'The client_id' };
export const SECRET_ID: ApiParamOptions = { name: 'secretId', example: '9f86d081884c7d65' };

/** A back end that gets tokens for itself and for its users. */
export const NEW_CLIENT = example('A trusted back end', {
  client_id: 'careergpt',
  name: 'CareerGPT',
  audiences: ['logging-service'],
  scopes: ['logs:read', 'logs:write'],
  claims: ['tenant'],
  may_act_for: ['user-*'],
});

export const CHANGED_CLIENT = example('Another name and a lifetime of its own', {
  name: 'CareerGPT, production',
  token_lifetime_seconds: 300,
});

export const NEW_SECRET = example('A secret that expires in 90 days', { expires_in: 7_776_000 });

/** Works whatever the algorithms are: each service has keys of its own administration. */
export const ALL_KEYS = example('All keys', { revoke: false });
