import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { readSettings } from './settings.js';

try {
  const settings = readSettings();
  const app = await NestFactory.create(AppModule.forRoot(settings), { abortOnError: false });
  app.enableShutdownHooks();
  await app.listen(settings.port, settings.host);
  new Logger('Main').log(`Listening on ${await app.getUrl()}`);
} catch (error) {
  // Never with a secret: what checks the settings names them, and does not repeat them.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
