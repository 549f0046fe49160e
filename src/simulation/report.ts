// Runs scenarios and lays the counts out: a table of good tokens refused, and one of how long revoked keys were taken.
import type { Scenario } from './scenarios.ts';
import { type ShortStory, shrink } from './shrink.ts';
import type { KindTally } from './tally.ts';
import { verifierKinds } from './verifier_kinds.ts';
import { runStory } from './world.ts';

export interface ScenarioReport {
  readonly name: string;
  readonly about: string;
  readonly promised: boolean;
  readonly seeds: readonly number[];
  /** Virtual seconds, of all seeds together. */
  readonly seconds: number;
  readonly turns: number;
  readonly kinds: readonly KindTally[];
  /** Where a good token was refused against the promise: the shortest story of it. */
  readonly failure: ShortStory | undefined;
}

const add = (left: KindTally, right: KindTally): KindTally => ({
  verifier: left.verifier,
  shown: left.shown + right.shown,
  refused: left.refused + right.refused,
  refusedBeyond: left.refusedBeyond + right.refusedBeyond,
  badAccepted: left.badAccepted + right.badAccepted,
  badAcceptedSeconds: Math.max(left.badAcceptedSeconds, right.badAcceptedSeconds),
});

/** @param seeds - other ones than the scenario's own. */
export const runScenario = async (scenario: Scenario, seeds = scenario.seeds): Promise<ScenarioReport> => {
  const { name, about, promised } = scenario;
  let kinds: readonly KindTally[] | undefined;
  let failure: ShortStory | undefined;
  let [seconds, turns] = [0, 0];
  for (const seed of seeds) {
    const story = scenario.story(seed);
    const run = await runStory(story);
    kinds = kinds?.map((kind, place) => add(kind, run.kinds[place] as KindTally)) ?? run.kinds;
    seconds += story.seconds;
    turns += run.turns;
    if (promised && run.refusals.length > 0) failure ??= await shrink(story, run);
  }
  return { name, about, promised, seeds, seconds, turns, kinds: kinds ?? [], failure };
};

const day = 86_400;

/** Within the promise, and after a plus sign what was refused by key sets older than V. */
const refusedCell = ({ refused, refusedBeyond }: KindTally): string =>
  refusedBeyond > 0 ? `${refused} (+${refusedBeyond})` : String(refused);

const acceptedCell = ({ badAccepted, badAcceptedSeconds }: KindTally): string =>
  badAccepted > 0 ? String(badAcceptedSeconds) : '-';

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const names = verifierKinds.map(({ name }) => name);

export const tableHeads = {
  refused: [
    row(['Good tokens refused', 'days', 'turns', 'shown', ...names]),
    `|---|${'---:|'.repeat(names.length + 3)}`,
  ],
  accepted: [row(['Revoked keys taken for, s', ...names]), `|---|${'---:|'.repeat(names.length)}`],
} as const;

const shownIn = (kinds: readonly KindTally[]): number => kinds.reduce((sum, { shown }) => sum + shown, 0);

export const refusedRow = ({ name, seconds, turns, kinds }: ScenarioReport): string =>
  row([name, (seconds / day).toFixed(1), String(turns), String(shownIn(kinds)), ...kinds.map(refusedCell)]);

export const acceptedRow = ({ name, kinds }: ScenarioReport): string => row([name, ...kinds.map(acceptedCell)]);

/** The rows in which a revoked key is worth a look. */
export const isAboutRevocation = ({ promised }: ScenarioReport): boolean => promised;

export const tablesOf = (reports: readonly ScenarioReport[]): string =>
  [
    ...tableHeads.refused,
    ...reports.map(refusedRow),
    '',
    ...tableHeads.accepted,
    ...reports.filter(isAboutRevocation).map(acceptedRow),
  ].join('\n');
