// How every command is declared: a sentence, an example, `--json`.
import type { Command } from 'commander';
import { wrapText } from './text_layout.ts';

interface CommandText {
  /** One sentence for the list of commands, or a paragraph. */
  readonly about: string;
  /** Command lines that can be pasted as they are. */
  readonly examples: readonly string[];
  /** What else a reader of --help should know, one paragraph. */
  readonly notes?: string;
}

const helpColumns = 80;

const afterHelp = ({ examples, notes }: CommandText): string => {
  const heading = examples.length === 1 ? 'Example:' : 'Examples:';
  const lines = examples.map((example) => `  npx keyturn ${example}`);
  return ['', ...(notes === undefined ? [] : [wrapText(notes, helpColumns), '']), heading, ...lines].join('\n');
};

/** @param usage - name and arguments, as commander takes them. */
export const addCommand = (parent: Command, usage: string, text: CommandText): Command =>
  parent
    .command(usage)
    .description(text.about)
    .option('--json', 'print one JSON document and nothing else')
    .addHelpText('after', afterHelp(text));

/** A command that only holds others. */
export const addGroup = (program: Command, name: string, about: string): Command =>
  program.command(name).description(about);
