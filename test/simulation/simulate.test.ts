import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { drawWorstCase } from '../../docs/images/draw_worst_case.ts';
import {
  acceptedRow,
  isAboutRevocation,
  refusedRow,
  runScenario,
  type ScenarioReport,
  tableHeads,
} from '../../src/simulation/report.ts';
import { type Scenario, scenarios } from '../../src/simulation/scenarios.ts';
import { shrink } from '../../src/simulation/shrink.ts';
import { storyInWords } from '../../src/simulation/story_words.ts';
import { verifierKinds } from '../../src/simulation/verifier_kinds.ts';
import { runStory } from '../../src/simulation/world.ts';
import { runCommand } from '../cli/in_process.ts';

const page = readFileSync('docs/rotation-proof.md', 'utf8').split('\n');
const cellsOf = (line: string): readonly string[] => line.split('|').map((cell) => cell.trim());
const rowsOf = (name: string): readonly (readonly string[])[] =>
  page.map(cellsOf).filter(([, first]) => first === name);

/** Every quick one with SOAK set, as `npm run soak` does; every day the quickest. */
const everyDay = ['compromise, two turns'];
const quick = scenarios.filter(
  ({ name, quick: isQuick }) => isQuick && (process.env.SOAK !== undefined || everyDay.includes(name)),
);
const reports = new Map<string, ScenarioReport>();
beforeAll(async () => {
  for (const scenario of quick) reports.set(scenario.name, await runScenario(scenario));
}, 120_000);
const reportOf = ({ name }: Scenario): ScenarioReport => reports.get(name) as ScenarioReport;

describe('docs/rotation-proof.md', () => {
  test('has a row for every scenario, in the form that the command prints', () => {
    expect(page).toEqual(expect.arrayContaining([...tableHeads.refused, ...tableHeads.accepted]));
    for (const { name, promised } of scenarios) expect(rowsOf(name), name).toHaveLength(promised ? 2 : 1);
  });

  test.each(quick)('has the rows of "$name" to the digit', (scenario) => {
    expect(page).toContain(refusedRow(reportOf(scenario)));
    if (isAboutRevocation(reportOf(scenario))) expect(page).toContain(acceptedRow(reportOf(scenario)));
  });

  test.each(scenarios)(
    '"$name": no refusals where they are promised, some where something was taken away',
    ({ name, promised }) => {
      const [, , , , , ...counts] = (rowsOf(name)[0] ?? []).slice(0, -1);
      expect(counts).toHaveLength(verifierKinds.length);
      const refused = counts.map((count) => Number.parseInt(count, 10));
      if (promised) expect(refused).toEqual(verifierKinds.map(() => 0));
      else expect(Math.max(...refused)).toBeGreaterThan(0);
    },
  );

  test('names every kind of verifier as the simulation has it', () => {
    for (const { name } of verifierKinds)
      expect(
        page.some((line) => line.startsWith(`| ${name}`)),
        name,
      ).toBe(true);
  });

  test('docs/images/worst-case.svg is what docs/images/draw_worst_case.ts draws', () => {
    expect(readFileSync('docs/images/worst-case.svg', 'utf8'), 'run: npm run docs:proof').toBe(drawWorstCase());
  });
});

describe("today's rule in the simulation", () => {
  test.each(quick.filter(({ promised }) => promised))(
    'I1: "$name" refuses no good token that it was shown',
    (scenario) => {
      const { kinds, turns, failure } = reportOf(scenario);
      expect(failure).toBeUndefined();
      expect(turns).toBeGreaterThan(3);
      for (const { shown, refused } of kinds) {
        expect(refused).toBe(0);
        expect(shown).toBeGreaterThan(1000);
      }
    },
  );

  test('another seed gives other counts', async () => {
    const scenario = quick.find(({ name }) => name === 'compromise, two turns') as Scenario;
    expect((await runScenario(scenario, [2])).kinds).not.toEqual(reportOf(scenario).kinds);
  });
});

// It runs the story again and again: with SOAK set, as `npm run soak` does.
if (process.env.SOAK !== undefined)
  describe('a failure', () => {
    test('is told by the shortest story of it that could be found', async () => {
      const scenario = scenarios.find(({ name }) => name === 'lead without S') as Scenario;
      const story = scenario.story(1);
      const short = await shrink(story, await runStory(story));
      expect(short.run.refusals.length).toBeGreaterThan(0);
      expect(short.story.deeds.length).toBeLessThanOrEqual(3);
      expect(short.story.verifiers).toHaveLength(1);
      expect(storyInWords(short).at(-1)).toMatch(/^\d\d:\d\d:\d\d .+ refuses a good token by (ES|RS)256#\d+/);
    });
  });

describe('keyturn simulate', () => {
  const args = ['simulate', '--scenario', 'compromise, two turns', '--check'];
  const report = () => reportOf(quick.find(({ name }) => name === 'compromise, two turns') as Scenario);

  test('prints the rows of the scenarios that were asked for, the same for the same seed; --check finds them in a page', async () => {
    const { code, stdout } = await runCommand([...args, 'docs/rotation-proof.md'], { environment: {} });
    expect(code).toBe(0);
    expect(stdout).toContain(refusedRow(report()));
  });

  test('prints them as JSON, the same for the same seed; --check fails for a page that lacks them, and names them', async () => {
    const { code, stdout, stderr } = await runCommand([...args, 'README.md', '--json'], { environment: {} });
    expect(JSON.parse(stdout)).toEqual({ scenarios: [JSON.parse(JSON.stringify(report()))] });
    expect(report()).toMatchObject({ name: 'compromise, two turns', seeds: [1] });
    expect(code).toBe(1);
    expect(stderr).toContain('README.md has not these rows');
    expect(stderr).toContain(refusedRow(report()));
  });

  test('a page that cannot be read is refused before anything is counted', async () => {
    const refused = await runCommand([...args, 'docs'], { environment: {} });
    const message = 'keyturn: The page docs could not be read: it is a folder, and no file. Name the file';
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(message) });
    expect((await runCommand([...args, 'none.md'], { environment: {} })).stderr).toMatch(
      /none\.md could not .* ENOENT\./,
    );
  });

  test('names the scenarios where there is none of that name', async () => {
    const { code, stderr } = await runCommand(['simulate', '--scenario', 'wishful'], { environment: {} });
    expect(code).toBe(1);
    expect(stderr).toContain('lead without P');
  });
});
