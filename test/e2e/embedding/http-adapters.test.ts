import { afterEach, describe, expect, it } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { TokenService } from '../../../src/index.js';
import { hostModule, tokenOptions } from '../../support/host-module.js';
import { MovedClock } from '../../support/moved-clock.js';

const QUIET = { logger: false, abortOnError: false } as const;

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
});

const moduleWithRoutes = () => hostModule(tokenOptions(new MovedClock(), { routes: { guards: [] } }));

describe('TokenModule with routes', () => {
  it('issues tokens in an application without HTTP', async () => {
    const context = await NestFactory.createApplicationContext(moduleWithRoutes(), QUIET);
    running.push(context);
    const tokens = context.get(TokenService, { strict: false });
    const outcome = await tokens.issue({ subject: 'user-42', audience: 'logging-service' });
    expect(outcome).toMatchObject({ code: 'issued' });
  });

  it('does not start on an adapter other than Express and Fastify', async () => {
    class OtherAdapter extends ExpressAdapter {
      override getType(): string {
        return 'other';
      }
    }
    const app = await NestFactory.create(moduleWithRoutes(), new OtherAdapter(), QUIET);
    running.push(app);
    await expect(app.init()).rejects.toThrow('The routes of TokenModule do not run on other');
  });
});
