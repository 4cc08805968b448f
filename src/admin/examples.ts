import type { ApiParamOptions } from '@nestjs/swagger';

type Examples = Record<string, { readonly summary: string; readonly value: object }>;

const example = (summary: string, value: object): Examples => ({ [summary]: { summary, value } });

/** Path parameters in the documentation. The client ID is that of {@link NEW_CLIENT}. */
export const CLIENT_ID: ApiParamOptions = { name: 'id', example: 'careergpt', description: 'The client_id' };
export const SECRET_ID: ApiParamOptions = { name: 'secretId', example: '9f86d081884c7d65' };

/** A back end that requests tokens for itself and for its users. */
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

/** Works with any algorithms: every service makes keys for its own administration. */
export const ALL_KEYS = example('All keys', { revoke: false });
