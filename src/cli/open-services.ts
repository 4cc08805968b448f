import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Logger } from 'pino';
import { SystemClock } from '../clock.js';
import { ConfigModule } from '../config/config.module.js';
import { ProcessModule } from '../process.module.js';
import { CliModule } from './cli.module.js';
import { commandSettings } from './command-settings.js';
import type { OpenServices } from './services.js';

/**
 * Makes the function by which commands open the services: as an application context of Nest, without a
 * server.
 *
 * @param logAt makes the log of a command at a level; the log is separate from the results
 * @param say writes a line for the operator, separate from the results
 */
export function openServices(logAt: (level: string) => Logger, say: (line: string) => void): OpenServices {
  return async (place, creation): Promise<INestApplicationContext> => {
    const making = (database: string): void => say(`Creating the database ${database}, which did not exist`);
    const settings = await commandSettings(place, creation, making);
    const processModule = ProcessModule.forRoot({ clock: new SystemClock(), log: logAt(settings.logLevel) });
    const module = { module: CliModule, imports: [ConfigModule.forRoot(settings), processModule] };
    return NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  };
}
