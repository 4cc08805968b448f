import type { INestApplicationContext } from '@nestjs/common';
import type { Location, LocationOptions } from './location.js';

/** Whether a command may make a database that is not there: never, if settings name one, or if it is asked to. */
export type Creation = 'never' | 'beside settings' | 'asked';

/** Opens the services of a place. */
export type OpenServices = (place: Location, creation: Creation) => Promise<INestApplicationContext>;

/** The services that commands work with: opened once the command line is understood, and not before. */
export class Services {
  constructor(
    private readonly open: OpenServices,
    private readonly options: LocationOptions,
  ) {}

  /** Opens the services, and closes them when the work is done. */
  async use(
    work: (services: INestApplicationContext) => void | Promise<void>,
    creation: Creation = 'never',
  ): Promise<void> {
    const services = await this.open(this.options.location, creation);
    try {
      await work(services);
    } finally {
      await services.close();
    }
  }
}
