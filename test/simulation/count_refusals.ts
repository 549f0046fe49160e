// Run as a program with a copy of src: tells today's rule to the simulation in that copy, and prints what was counted.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [source = 'src', name = ''] = process.argv.slice(2);
/** Enough to meet every edge once the rings are settled. */
const deeds = 4;

const load = async <Module>(path: string): Promise<Module> =>
  (await import(pathToFileURL(join(source, path)).href)) as Module;

const { scenarios } = await load<typeof import('../../src/simulation/scenarios.ts')>('simulation/scenarios.ts');
const { runStory } = await load<typeof import('../../src/simulation/world.ts')>('simulation/world.ts');
const scenario = scenarios.find((candidate) => candidate.name === name);
if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
const story = scenario.story(1);
const { leadSeconds, graceSeconds } = story.policy;
const seconds = Math.min(story.seconds, (deeds / 2 + 1) * (leadSeconds + 120) + graceSeconds + 600);
const { kinds, turns } = await runStory({ ...story, deeds: story.deeds.slice(0, deeds), seconds });
const sum = (count: (kind: (typeof kinds)[number]) => number): number =>
  kinds.reduce((total, kind) => total + count(kind), 0);
const obeys = kinds.find(({ verifier }) => verifier === 'obeys max-age');
process.stdout.write(
  JSON.stringify({ refused: sum(({ refused }) => refused), turns, badSeconds: obeys?.badAcceptedSeconds ?? 0 }),
);
