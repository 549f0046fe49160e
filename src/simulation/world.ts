// Puts a world together from a story and lets it run: the database, the nodes, the operator, the traffic and the mishaps.
import { lifetimesOf, ringOf } from '../keys/lifecycle.ts';
import type { RotationParts } from '../keys/rotation.ts';
import { minimumGraceSeconds, type RotationPolicy } from '../keys/timing.ts';
import { signingAlgorithms } from '../seams/signer.ts';
import { createChance } from './chance.ts';
import { createConnection } from './connection.ts';
import { createIssuerNode, type IssuerNode } from './issuer_node.ts';
import { createKeyDatabase, type KeyDatabase } from './key_database.ts';
import { startOperator } from './operator.ts';
import { createPaperKeys, createPaperVault } from './paper_keys.ts';
import type { Mishap, Story } from './story.ts';
import { createTally, type KindTally, type Refusal } from './tally.ts';
import { startTraffic, type Traffic } from './traffic.ts';
import { createVirtualTime, type VirtualTime } from './virtual_time.ts';

export interface Run {
  readonly kinds: readonly KindTally[];
  readonly refusals: readonly Refusal[];
  /** How many turns both rings made. */
  readonly turns: number;
}

interface World {
  readonly story: Story;
  readonly time: VirtualTime;
  readonly database: KeyDatabase;
  readonly nodes: readonly IssuerNode[];
  readonly traffic: Traffic;
  readonly adopt: (policy: RotationPolicy) => void;
  readonly policy: () => RotationPolicy;
}

type Doer<What extends Mishap['what']> = (world: World, mishap: Extract<Mishap, { readonly what: What }>) => void;

const nodeOf = ({ nodes }: World, place: number): IssuerNode => nodes[place % nodes.length] as IssuerNode;

const forAll =
  (act: (node: IssuerNode, seconds: number) => void) =>
  ({ nodes }: World, { seconds }: { readonly seconds: number }): void => {
    for (const node of nodes) act(node, seconds);
  };

const doers: { readonly [What in Mishap['what']]: Doer<What> } = {
  pause: (world, { node, seconds }) => nodeOf(world, node).pause(seconds),
  sleep: (world, { node, seconds }) => nodeOf(world, node).pause(seconds, true),
  cut_off: (world, { node, seconds }) => nodeOf(world, node).connection.cutOffUntil(world.time.now() + seconds),
  restart: (world, { node, seconds }) => nodeOf(world, node).restart(seconds),
  step_clock: (world, { node, seconds, by }) => {
    nodeOf(world, node).stepClock(by);
    world.time.at(world.time.now() + seconds, () => nodeOf(world, node).stepClock(-by));
  },
  kill: (world, { node, kill }) => nodeOf(world, node).connection.kill(kill),
  database_down: ({ database }, { seconds }) => database.goDown(seconds),
  slow_database: (world, { seconds }) => {
    for (const { connection } of world.nodes) connection.slowDown(1);
    world.time.at(world.time.now() + seconds, () => {
      for (const { connection } of world.nodes) connection.slowDown(0);
    });
  },
  lost_fetches: ({ traffic, time }, { seconds }) => traffic.losesFetchesUntil(time.now() + seconds),
  everything_down: forAll((node, seconds) => node.restart(seconds)),
  fail_over: ({ database }, { lostSeconds }) => database.failOver(lostSeconds),
  longest_token: ({ policy, adopt }, { seconds }) =>
    adopt({ ...policy(), maxTokenSeconds: seconds, graceSeconds: minimumGraceSeconds(policy(), seconds) }),
};

const befall = (world: World, mishap: Mishap): void =>
  (doers[mishap.what] as Doer<typeof mishap.what>)(world, mishap as never);

/** Right before each planned turn, the clock of the node that is most ahead is set by almost E more, and soon set back. */
const setClocksBeforeTurns = ({ story, time, database, nodes, policy }: World): void => {
  const { clockErrorSeconds } = story.timing;
  const ahead = nodes[story.clockOffsets.indexOf(Math.max(...story.clockOffsets))] as IssuerNode;
  const planned = new Set<string>();
  const early = 2 * clockErrorSeconds - 1;
  database.onChange((_, rows) => {
    for (const alg of signingAlgorithms)
      for (const { key, state } of lifetimesOf(ringOf(rows, alg), policy(), database.clock())) {
        const name = `${key.kid} ${key.activatesAt}`;
        if (state !== 'standby' || planned.has(name)) continue;
        planned.add(name);
        time.at(key.activatesAt - early - 0.1, () => {
          ahead.stepClock(clockErrorSeconds - 1);
          time.at(time.now() + 20, () => ahead.stepClock(1 - clockErrorSeconds));
        });
      }
  });
};

const turnsOf = (database: KeyDatabase): number =>
  database.rows().filter(({ slot, activatesAt }) => slot > 0 && activatesAt <= database.clock()).length;

export const runStory = async (story: Story): Promise<Run> => {
  const time = createVirtualTime();
  const chance = createChance(story.seed);
  const database = createKeyDatabase(time);
  const tally = createTally(story.verifiers);
  let policy = story.policy;
  const rotation = (): Omit<RotationParts, 'store'> => ({
    issuer: 'https://id.example.com',
    policy,
    vault: createPaperVault(['kek', 'newer kek']),
    generateKey,
  });
  const generateKey = createPaperKeys();
  const nodes = story.clockOffsets.map((offset, place) => {
    const connection = createConnection(database, time);
    return createIssuerNode(`node ${place}`, offset, { ...rotation(), store: connection.store }, connection, time);
  });
  const traffic = startTraffic({ story, policy: () => policy, time, chance, database, nodes, tally });
  const adopt = (adopted: RotationPolicy): void => {
    policy = adopted;
    for (const node of nodes) node.adopt(adopted);
    for (const node of nodes) node.restart(1);
  };
  const world: World = { story, time, database, nodes, traffic, adopt, policy: () => policy };
  if (story.clocksAreSet) setClocksBeforeTurns(world);
  for (const mishap of story.mishaps) time.at(mishap.at, () => befall(world, mishap));
  for (const alg of signingAlgorithms)
    startOperator(
      { story, time, database, nodes, rotation },
      story.deeds.filter((deed) => deed.alg === alg),
    );
  await time.run(story.seconds);
  return { kinds: tally.kinds(), refusals: tally.refusals(), turns: turnsOf(database) };
};
