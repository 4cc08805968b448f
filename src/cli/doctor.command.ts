import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import { DOCTOR, type Doctor, type Finding } from '../diagnostics/doctor.js';
import { command, type JsonOptions, withJson } from './command.js';
import { printJson, printLine } from './print.js';

/** `identity-backend doctor`: the settings and the database were found good where it runs at all. */
export function doctorCommand(services: INestApplicationContext): Command {
  const doctor = services.get<Doctor>(DOCTOR);
  const named = command(
    'doctor',
    'say whether others can find the service, and whether a peer shares its settings',
  ).option('--peer <url>', 'the address of a service whose /debug-env is compared', httpUrl);
  return withJson(named).action(async ({ peer, json }: JsonOptions & { peer?: string }) => {
    const findings: Finding[] = [
      { verdict: 'ok', about: 'The settings are good, the database answers and its keys open' },
      ...(await doctor.checkWellKnown()),
      ...(peer === undefined ? [] : await doctor.checkPeer(peer)),
    ];
    if (json) printJson({ findings });
    else for (const { verdict, about } of findings) printLine(`${verdict.padEnd(6)} ${about}`);
    if (findings.some(({ verdict }) => verdict === 'wrong')) process.exitCode = 1;
  });
}

function httpUrl(value: string): string {
  if (/^https?:\/\//.test(value) && URL.canParse(value)) return value;
  throw new Error('--peer is not an http or https URL');
}
