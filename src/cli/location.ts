import { type Command, InvalidArgumentError, Option } from 'commander';
import { notEmpty } from './option-values.js';

/** The source of a command's settings. */
export interface Location {
  /** The folder that contains `.env` and `data/`; the current one if omitted. */
  readonly directory?: string | undefined;
  /** The file to read instead of `.env`. */
  readonly envFile?: string | undefined;
}

/** The options that name the location. Every command accepts them, before its name and after it. */
export class LocationOptions {
  private readonly given = new Map<string, string>();

  get location(): Location {
    return { directory: this.given.get('--directory'), envFile: this.given.get('--env-file') };
  }

  /** Adds the options to a command and its subcommands. */
  addTo(command: Command): void {
    command
      .addOption(this.option('--directory', '<folder>', 'the folder of the service, if it is not this one'))
      .addOption(this.option('--env-file', '<file>', 'the settings file, if it is not .env in that folder'));
    for (const each of command.commands) this.addTo(each);
  }

  private option(name: string, value: string, about: string): Option {
    return new Option(`${name} ${value}`, about).argParser((text) => {
      if (this.given.has(name)) throw new InvalidArgumentError('It is given more than once.');
      this.given.set(name, notEmpty(text));
      return text;
    });
  }
}
