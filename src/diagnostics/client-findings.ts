import type { Client } from '../clients/client.js';
import { unusableKeys } from '../clients/client-keys.js';

/** The result of one check: `ok`, `note` for a warning, `wrong` for an error. */
export interface Finding {
  readonly verdict: 'ok' | 'note' | 'wrong';
  readonly about: string;
}

/** How many characters of a kid are shown. */
const SHOWN_KID_LENGTH = 64;

/**
 * Finds keys that no longer authenticate their client, and whether the issuer could become the only audience
 * of assertions.
 *
 * @param endpointAccepted whether an assertion may name the token endpoint as its audience
 */
export function clientFindings(clients: readonly Client[], endpointAccepted: boolean): Finding[] {
  const findings = clients.flatMap(keyFindings);
  if (endpointAccepted && clients.some(({ jwks }) => jwks !== null)) {
    findings.push({
      verdict: 'note',
      about:
        'Client assertions may name the token endpoint as their audience. Once the metric identity_endpoint_audience_assertions_total ' +
        "has stayed flat for longer than your least frequent client's interval, set CLIENT_ASSERTION_AUDIENCE=issuer",
    });
  }
  return findings;
}

function keyFindings(client: Client): Finding[] {
  return unusableKeys(client).map(({ clientId, index, fault }) => {
    const kid: unknown = client.jwks?.keys[index]?.kid;
    const named = typeof kid === 'string' ? `${index} (kid ${printable(kid)})` : String(index);
    const about = `Client ${clientId} cannot use its key ${named}, which ${fault}; register another one`;
    return { verdict: 'wrong', about };
  });
}

/** Escapes a kid, which may contain any characters, even ones that reverse the text of a terminal. */
function printable(kid: string): string {
  return JSON.stringify(kid.slice(0, SHOWN_KID_LENGTH)).replaceAll(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
