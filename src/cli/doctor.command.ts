import { type Command, InvalidArgumentError } from 'commander';
import { ClientRegistry } from '../clients/client-registry.js';
import { dateTime } from '../encoding/date-time.js';
import { expiringSecrets } from '../clients/expiring-secrets.js';
import { Clock } from '../clock.js';
import { issuerFindings, keyFindings } from '../diagnostics/issuer-findings.js';
import { IssuerKeys } from '../issuers/issuer-keys.js';
import { IssuerRegistry } from '../issuers/issuer-registry.js';
import { Doctor, type Finding } from '../diagnostics/doctor.js';
import { command, type JsonOptions, withJson } from './command.js';
import { single } from './option-values.js';
import { printJson, printLine } from './print.js';
import type { Services } from './services.js';

/**
 * `identity-backend doctor`. Its checks run only once the services are open: the settings and the database
 * are valid then.
 */
export function doctorCommand(services: Services): Command {
  const named = command(
    'doctor',
    'check whether others can find the service, and whether a peer shares its settings',
  ).option('--peer <url>', 'the URL of a service whose /debug-env is compared', single(httpUrl));
  return withJson(named).action(({ peer, json }: JsonOptions & { peer?: string }) =>
    services.use(async (context) => {
      const doctor = context.get(Doctor);
      const { clients } = context.get(ClientRegistry).page(Infinity);
      const { issuers } = context.get(IssuerRegistry).page(Infinity);
      const findings: Finding[] = [
        { verdict: 'ok', about: 'The settings are valid, the database responds and its keys decrypt' },
        ...expiringSecretFindings(context.get(ClientRegistry), context.get(Clock).now()),
        ...doctor.checkClients(clients),
        ...issuerFindings(
          new Map(issuers.map((entry) => [entry.id, entry])),
          clients,
          context.get(Clock).now(),
        ),
        ...(await keyFindings(issuers, context.get(IssuerKeys))),
        ...(await doctor.checkWellKnown()),
        ...(peer === undefined ? [] : await doctor.checkPeer(peer)),
      ];
      if (json) printJson({ findings });
      else for (const { verdict, about } of findings) printLine(`${verdict.padEnd(6)} ${about}`);
      if (findings.some(({ verdict }) => verdict === 'wrong')) process.exitCode = 1;
    }),
  );
}

/** A secret that expires unnoticed locks its client out. */
function expiringSecretFindings(clients: ClientRegistry, now: number): Finding[] {
  return expiringSecrets(clients.enabled, now).map(({ client, secretId, expiresAt }) => ({
    verdict: 'note',
    about: `The secret ${secretId} of the client ${client} expires at ${dateTime(expiresAt)}`,
  }));
}

function httpUrl(value: string): string {
  if (/^https?:\/\//.test(value) && URL.canParse(value)) return value;
  throw new InvalidArgumentError('--peer is not an http or https URL');
}
