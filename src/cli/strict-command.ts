import { Command, type ParseOptionsResult } from 'commander';

const HELP = ['-h', '--help'];

/**
 * A command that rejects what it does not understand exactly. Commander alone reads `--id --json` as the ID
 * `--json`, accepts a negative number as an operand, and ignores words next to `--help`.
 */
export class StrictCommand extends Command {
  constructor(name: string) {
    super(name);
    this.exitOverride()
      .configureOutput({ outputError: () => {} })
      .enablePositionalOptions()
      .helpCommand(false);
  }

  override parseOptions(words: string[]): ParseOptionsResult {
    const { help, end } = this.scan(words);
    const rest = words.filter((_word, index) => !help.includes(index));
    const parsed = super.parseOptions(rest);
    const [name] = parsed.operands;
    if (this.commands.length > 0) {
      if (words[end] === '--') this.error('error: -- goes after the name of a command');
      if (name !== undefined && !this.commands.some((each) => each.name() === name)) {
        this.outputHelp({ error: true });
        this.error(`error: unknown command '${name}'`);
      }
    } else this.checkOperands(parsed.operands);
    return help.length > 0 && !this.hasStrayOption(parsed) ? { operands: [], unknown: ['--help'] } : parsed;
  }

  /**
   * Scans the words of this command: those before the name of a subcommand, and before `--`.
   *
   * @returns the index at which it stopped, and the indexes of requests for help
   */
  private scan(words: readonly string[]): { readonly help: readonly number[]; readonly end: number } {
    const help: number[] = [];
    for (let index = 0; index < words.length; index++) {
      const word = words[index] ?? '';
      const option = this.options.find(({ long }) => long === word);
      if (option?.required) this.checkValue(option.long ?? word, words[++index]);
      else if (HELP.includes(word)) help.push(index);
      else if (word === '--' || (!looksLikeOption(word) && this.commands.length > 0)) {
        return { help, end: index };
      } else if (/^-[\d.]/.test(word)) this.error(`error: unknown option '${word}'`);
    }
    return { help, end: words.length };
  }

  private checkValue(option: string, value: string | undefined): void {
    if (value === undefined) this.error(`error: ${option} needs a value`);
    if (looksLikeOption(value)) {
      this.error(`error: ${option} needs a value; one that begins with - is written ${option}=VALUE`);
    }
  }

  private checkOperands(operands: readonly string[]): void {
    const surplus = operands[this.registeredArguments.length];
    if (surplus === undefined) return;
    this.error(
      `error: unexpected argument '${surplus}'. An option has one value: repeat it for several, such as ` +
        '--scope read --scope write',
    );
  }

  private hasStrayOption({ operands, unknown }: ParseOptionsResult): boolean {
    // The words after the name of a subcommand are for that command to parse.
    return unknown.length > 0 && (this.commands.length === 0 || operands.length === 0);
  }
}

/** `-` alone is a value. */
function looksLikeOption(word: string): boolean {
  return word.length > 1 && word.startsWith('-');
}
