import type { Client } from '../clients/client.js';
import type { ClientRegistry } from '../clients/client-registry.js';
import { matchesCredential } from '../clients/federated-credential.js';
import { failed, type FailedCheck, type VerifiedToken } from './outside-token.js';

/**
 * Finds the client whose federated credentials a token matches.
 *
 * @param namedId the only client to consider; if `undefined`, exactly one of all clients must match
 */
export function workloadClient(
  clients: Pick<ClientRegistry, 'find' | 'matchFederated'>,
  token: VerifiedToken,
  namedId: string | undefined,
): { readonly code: 'accepted'; readonly value: Client } | FailedCheck {
  const matching =
    namedId === undefined
      ? clients.matchFederated(token.entry.id, token.subject, token.claims)
      : [clients.find(namedId)].filter((client) => client !== undefined && hasCredential(client, token));
  const [client] = matching;
  if (!client || matching.length > 1) {
    return failed('rules', 'the federated credentials of exactly one client', `${matching.length} clients`);
  }
  return client.disabled
    ? failed('rules', 'an enabled client', 'a disabled client')
    : { code: 'accepted', value: client };
}

function hasCredential({ federatedCredentials }: Client, { entry, subject, claims }: VerifiedToken): boolean {
  return federatedCredentials.some(
    (credential) => credential.issuer === entry.id && matchesCredential(credential, subject, claims),
  );
}
