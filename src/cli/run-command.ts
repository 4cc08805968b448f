import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Command } from 'commander';
import { clientsCommand } from './clients.commands.js';
import { doctorCommand } from './doctor.command.js';
import { keysCommand } from './keys.commands.js';

/**
 * Runs one command over the services of the module, which it opens before and closes after. What the parser of arguments
 * itself refuses or answers, such as `--help`, ends the process.
 *
 * @param words what stands behind `identity-backend`
 */
export async function runCommand(module: DynamicModule, words: readonly string[]): Promise<void> {
  const services = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  try {
    const program = new Command('identity-backend');
    for (const make of [clientsCommand, keysCommand, doctorCommand]) program.addCommand(make(services));
    await program.parseAsync(words, { from: 'user' });
  } finally {
    await services.close();
  }
}
