import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { readSettings } from './settings.js';

/** The largest body that is read, in bytes. */
const MAX_BODY_BYTES = 16 * 1024;

try {
  const settings = readSettings();
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(settings),
    new FastifyAdapter({ bodyLimit: MAX_BODY_BYTES }),
    { abortOnError: false },
  );
  app.enableShutdownHooks();
  await app.listen(settings.port, settings.host);
  new Logger('Main').log(`Listening on ${await app.getUrl()}`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
