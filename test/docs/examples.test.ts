import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { orEveryDay } from '../every_day.ts';
import { makeFolder, removeFolder } from '../running_server.ts';
import { normalOutput, outputPattern } from './expected_output.ts';
import { type FencedBlock, fencedBlocksOf, wordOf } from './fenced_blocks.ts';
import { installed, type Pasted, pasteSection, sectionsOf } from './page_session.ts';

const pages = [
  'README.md',
  'keys/README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** The README is for who has Node, npm and git, and nothing else. */
const absentFor = (page: string): readonly string[] => (page === 'README.md' ? ['curl', 'wget', 'jq', 'sqlite3'] : []);

const mostMilliseconds = 150_000;

const blocksOf = (page: string): readonly FencedBlock[] => fencedBlocksOf(readFileSync(page, 'utf8'));

/** The block that says what a block prints: the very next one. */
const outputAfter = (blocks: readonly FencedBlock[], block: FencedBlock): FencedBlock | undefined => {
  const next = blocks[blocks.indexOf(block) + 1];
  return next?.words.includes('output') ? next : undefined;
};

const titleOf = (page: string, { line, text }: FencedBlock): string => `${page}:${line} ${text.split('\n', 1)[0]}`;

const expectPrinted = (printed: string, output: FencedBlock | undefined): void => {
  if (output !== undefined) expect(normalOutput(printed)).toMatch(outputPattern(output.text));
};

// All sections run side by side: most of their time is waiting. Every day the first of README.md, in the soak those of all pages.
const sections = orEveryDay(pages, ['README.md']).flatMap((page) => {
  const blocks = blocksOf(page);
  const all = sectionsOf(blocks);
  return orEveryDay(all, all.slice(0, 1)).map((section) => {
    const folder = makeFolder();
    const outcome = pasteSection(section, folder, absentFor(page)).finally(() => removeFolder(folder));
    outcome.catch(() => 'told by the tests that wait for it');
    return { page, blocks, section, outcome };
  });
});

afterAll(() => Promise.allSettled(sections.map(({ outcome }) => outcome)), mostMilliseconds);

describe.each(sections)('$page, pasted from line $section.serve.line', ({ page, blocks, section, outcome }) => {
  test(titleOf(page, section.serve), { timeout: mostMilliseconds }, async () => {
    expectPrinted((await outcome).served, outputAfter(blocks, section.serve));
  });

  for (const block of section.blocks.filter(({ words }) => words.includes('run')))
    test.runIf(installed[wordOf(block, 'needs') ?? ''] !== false)(titleOf(page, block), async () => {
      const { exitCode, printed } = (await outcome).pasted.find((pasted) => pasted.block === block) as Pasted;
      if (block.words.includes('fails')) expect(exitCode, printed).toBeGreaterThan(0);
      else expect(exitCode, printed).toBe(0);
      expectPrinted(printed, outputAfter(blocks, block));
    });
});

test('every page that has a block to paste starts a server first', () => {
  const orphans = pages.filter((page) => {
    const [first] = blocksOf(page).filter(({ words }) => words.includes('run') || words.includes('serve'));
    return first !== undefined && !first.words.includes('serve');
  });
  expect(orphans).toEqual([]);
});

test('a page whose programs import keyturn/verifier builds it first: in a clone there is no dist/', () => {
  const unbuilt = pages.flatMap((page) =>
    sectionsOf(blocksOf(page))
      .filter(({ blocks }) => blocks.some((block) => wordOf(block, 'file') && block.text.includes("'keyturn/verifier")))
      .filter(({ serve }) => !serve.text.includes('npm run build:verifier'))
      .map(({ serve }) => `${page}:${serve.line}`),
  );
  expect(unbuilt).toEqual([]);
});
