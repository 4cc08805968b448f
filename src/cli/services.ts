import type { INestApplicationContext } from '@nestjs/common';
import type { Location, LocationOptions } from './location.js';

/**
 * Whether a command may create a missing database: `never`; `with settings`, only if the folder has settings
 * of the service; `asked`, in any folder.
 */
export type Creation = 'never' | 'with settings' | 'asked';

/** Opens the services of a location. */
export type OpenServices = (location: Location, creation: Creation) => Promise<INestApplicationContext>;

/** The services that commands work with. They are opened only after the command line has been parsed. */
export class Services {
  constructor(
    private readonly open: OpenServices,
    private readonly options: LocationOptions,
  ) {}

  /** Opens the services, does the work, and closes them. */
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
