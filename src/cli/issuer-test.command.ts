import type { Readable } from 'node:stream';
import { type Command, Option } from 'commander';
import { toIssuerTestDto } from '../admin/dto/issuer-test.dto.js';
import { type CheckResult, type TokenInspection, TokenInspector } from '../issuers/token-inspection.js';
import { ISSUER_USES, type IssuerUse } from '../issuers/trusted-issuer.js';
import { command, type JsonOptions, withJson } from './command.js';
import { printJson, printLine } from './print.js';
import type { Services } from './services.js';

/** The most bytes that are read as a token: those of a body over HTTP. */
const MAX_BYTES = 64 * 1024;

/**
 * `identity-backend issuers test`: the token is read from standard input, since arguments are visible to other
 * users of the machine.
 */
export function testCommand(services: Services): Command {
  const test = command(
    'test',
    'explain why the token on standard input is accepted or not; exits 1 if it is not',
  ).addOption(
    new Option('--use <name>', 'what the token would be used for').choices(ISSUER_USES).makeOptionMandatory(),
  );
  return withJson(test).action(({ use, json }: JsonOptions & { use: IssuerUse }) =>
    services.use(async (context) => {
      const token = (await readLimited(process.stdin)).trim();
      if (token === '') throw new Error('Write the token to standard input');
      const inspection = await context.get(TokenInspector).inspect(token, use);
      if (json) printJson(toIssuerTestDto(inspection));
      else printInspection(inspection);
      if (!inspection.accepted) process.exitCode = 1;
    }),
  );
}

async function readLimited(input: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new Error('The token is larger than 64 KiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function printInspection({ accepted, issuer, checks, clientId }: TokenInspection): void {
  for (const check of checks) printLine(described(check));
  printLine('');
  printLine(`accepted   ${accepted}`);
  printLine(`issuer     ${issuer ?? '-'}`);
  printLine(`client_id  ${clientId ?? '-'}`);
}

function described({ name, ok, expected, got }: CheckResult): string {
  const line = `${(ok === null ? '-' : ok ? 'ok' : 'failed').padEnd(6)}  ${name}`;
  const reasons = Object.entries({ expected, got }).filter(([, value]) => value !== undefined);
  if (reasons.length === 0) return line;
  return `${line.padEnd(18)}  ${reasons.map(([word, value]) => `${word} ${JSON.stringify(value)}`).join(', ')}`;
}
