import type { INestApplicationContext } from '@nestjs/common';
import type { Location, LocationOptions } from './location.js';

/** Whether a command may create a missing database: never, if settings name one, or on request. */
export type Creation = 'never' | 'with settings' | 'asked';

/** Opens the services of a location. */
export type OpenServices = (place: Location, creation: Creation) => Promise<INestApplicationContext>;

/** The services that commands work with: opened only once the command line has been parsed. */
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
