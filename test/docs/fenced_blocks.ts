// Reads the fenced blocks of a Markdown page. What stands after the language says what a test does with one:
// `serve` starts a server, `run` is pasted into a shell, `fails` expects it to fail, `file=NAME` is saved,
// `output` is what the block before it prints, `needs=NAME` is run only where NAME is installed.

export interface FencedBlock {
  readonly language: string;
  readonly words: readonly string[];
  readonly text: string;
  /** Of its first line in the page, from 1. */
  readonly line: number;
}

const fence = /^```(\w*) ?(.*)$/;

/** @throws {Error} when a block is not closed. */
export const fencedBlocksOf = (markdown: string): readonly FencedBlock[] => {
  const blocks: FencedBlock[] = [];
  const lines = markdown.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const opening = fence.exec(lines[at] ?? '');
    if (opening === null) continue;
    const end = lines.indexOf('```', at + 1);
    if (end === -1) throw new Error(`The block at line ${at + 1} is not closed.`);
    const [, language = '', info = ''] = opening;
    const text = `${lines.slice(at + 1, end).join('\n')}\n`;
    blocks.push({ language, words: info.split(' ').filter(Boolean), text, line: at + 1 });
    at = end;
  }
  return blocks;
};

/** The value of `name=value` after the language. */
export const wordOf = (block: FencedBlock, name: string): string | undefined =>
  block.words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
