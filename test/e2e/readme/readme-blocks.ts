/** A command of the README that the test executes, and the answer that the README shows beneath it. */
export interface Command {
  readonly heading: string;
  readonly script: string;
  readonly answer: { readonly language: string; readonly text: string } | undefined;
}

const BLOCK = /^#{2,3} (?<heading>[^\n]+)$|^```(?<info>[^\n]*)\n(?<text>.*?)^```$/gms;

/** The blocks that are marked `bash run`, each with the `json` or `text` block that follows it. */
export function readCommands(markdown: string): Command[] {
  const commands: Command[] = [];
  let heading = '';
  let pending: Command | undefined;
  for (const { groups = {} } of markdown.matchAll(BLOCK)) {
    const { info, text = '' } = groups;
    if (info === undefined) {
      heading = groups['heading'] ?? '';
      pending = undefined;
    } else if (info === 'bash run') {
      pending = { heading, script: text, answer: undefined };
      commands.push(pending);
    } else {
      if (pending && (info === 'json' || info === 'text')) {
        commands[commands.length - 1] = { ...pending, answer: { language: info, text } };
      }
      pending = undefined;
    }
  }
  return commands;
}
