import { Inject } from '@nestjs/common';
import { Command, Option } from 'nest-commander';
import { DOCTOR, type Doctor, type Finding } from '../diagnostics/doctor.js';
import { JsonCommand, type JsonOptions } from './json.command.js';
import { printJson, printLine } from './print.js';

/** `identity-backend doctor`: the settings and the database were found good where it runs at all. */
@Command({
  name: 'doctor',
  description: 'say whether others can find the service, and whether a peer shares its settings',
})
export class DoctorCommand extends JsonCommand {
  constructor(@Inject(DOCTOR) private readonly doctor: Doctor) {
    super();
  }

  @Option({ flags: '--peer <url>', description: 'the address of a service whose /debug-env is compared' })
  peer(value: string): string {
    if (/^https?:\/\//.test(value) && URL.canParse(value)) return value;
    throw new Error('--peer is not an http or https URL');
  }

  override async run(_arguments: string[], { peer, json }: JsonOptions & { peer?: string }): Promise<void> {
    const findings: Finding[] = [
      { verdict: 'ok', about: 'The settings are good, the database answers and its keys open' },
      ...(await this.doctor.checkWellKnown()),
      ...(peer === undefined ? [] : await this.doctor.checkPeer(peer)),
    ];
    if (json) printJson({ findings });
    else for (const { verdict, about } of findings) printLine(`${verdict.padEnd(6)} ${about}`);
    if (findings.some(({ verdict }) => verdict === 'wrong')) process.exitCode = 1;
  }
}
