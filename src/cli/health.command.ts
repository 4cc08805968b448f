import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { Command } from 'commander';
import { listenSettings } from '../config/listen-settings.js';
import { command } from './command.js';
import { folder } from './command-settings.js';
import type { Location, LocationOptions } from './location.js';
import { printLine } from './print.js';

/**
 * How long the service may take to respond, in milliseconds. Shorter than the 3 seconds that the Dockerfile
 * allows, so that the reason is printed.
 */
const TIMEOUT_MS = 2_500;

/** A service that listens on all addresses of the host is checked at the loopback address. */
const ANY_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * `identity-backend health`: checks whether the service with the settings of this folder is alive, for health
 * checks of containers. It runs every few seconds, so it opens no database and creates nothing. It exits with
 * 0 or 1, since Docker reserves other codes.
 */
export function healthCommand(options: LocationOptions): Command {
  const about = 'check that the service with these settings is alive; exits 0 or 1';
  return command('health', about).action(async () => {
    try {
      printLine(await checkHealth(options.location));
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    }
  });
}

/**
 * @returns one line that says which service is alive
 * @throws {Error} with the reason, if the service is not alive, or its port is not known
 */
async function checkHealth({ directory, envFile }: Location): Promise<string> {
  const { host, port, basePath } = listenSettings(folder(directory), undefined, envFile);
  if (port === 0) throw new Error('PORT is 0: the settings do not say which port the service listens on');
  const path = `${basePath}/health/live`;
  const address = `${host} port ${port}, path ${path}`;
  const status = await statusOf(ANY_ADDRESS[host] ?? host, port, path).catch((cause: unknown) => {
    throw new Error(`No response from ${address}: ${cause instanceof Error ? cause.message : String(cause)}`);
  });
  if (status !== 200) throw new Error(`${address} answered ${status}`);
  return `${address} is alive`;
}

async function statusOf(host: string, port: number, path: string): Promise<number | undefined> {
  const request = get({ host, port, path, agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.destroy();
  return response.statusCode;
}
