// `npm run bench:verify`: every verifier in a process of its own, measured in turn, round by round; one table of what each
// costs and one of the ratios that are aimed at.
import { parseArgs } from 'node:util';
import { verificationAlgorithms } from '../src/verifier/verification_key.ts';
import { type Child, startChild } from './child.ts';
import { figuresOf, type Measurement, summarise } from './measure.ts';
import type { Measured, Ratio } from './scenario.ts';
import { surroundingsInWords } from './surroundings.ts';
import { measurementsTable, ratiosTable } from './table.ts';
import { setUps } from './verifiers.ts';
import type { VerifyJob } from './verify_child.ts';
import { type BenchIssuer, startBenchIssuer } from './verify_issuer.ts';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, seconds: { type: 'string', default: '0.8' } },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const tokenCount = 1000;
const warmUpSeconds = 0.5;

/** How many times as many a CPU second. */
const asManyAs =
  (contender: string, other: string) =>
  (measured: Measured): number =>
    measured(other).cpuMicroseconds / measured(contender).cpuMicroseconds;

const others = Object.keys(setUps).filter((name) => !name.startsWith('keyturn') && name !== 'crypto.verify');

const ratios: readonly Ratio[] = [
  { words: 'keyturn of crypto.verify', of: asManyAs('keyturn', 'crypto.verify'), atLeast: 0.85 },
  { words: 'keyturn with status lists of keyturn', of: asManyAs('keyturn, status lists', 'keyturn'), atLeast: 0.95 },
  ...others
    .filter((name) => name !== 'fast-jwt, cache')
    .map((name) => ({ words: `keyturn of ${name}`, of: asManyAs('keyturn', name), atLeast: 1 })),
  { words: 'keyturn, remembering of fast-jwt, cache', of: asManyAs('keyturn, remembering', 'fast-jwt, cache') },
];

interface Lane {
  readonly scenario: string;
  readonly contender: string;
  readonly child: Child;
  readonly measured: Measurement[];
}

const children: Child[] = [];

const startLanes = async ({ scene }: BenchIssuer): Promise<readonly Lane[]> => {
  const lanes: Lane[] = [];
  for (const contender of Object.keys(setUps)) {
    const child = startChild('verify_child.ts', contender);
    children.push(child);
    child.send(scene);
    await child.reply();
    lanes.push({ scenario: scene.alg, contender, child, measured: [] });
  }
  return lanes;
};

const measure = async ({ child }: Lane, job: VerifyJob): Promise<Measurement> => {
  child.send(job);
  return (await child.reply()) as Measurement;
};

const nothing = { cpuMicroseconds: Number.NaN, perSecond: Number.NaN };

const report = (lanes: readonly Lane[]): string => {
  const rows = lanes.map(({ scenario, contender, measured }) => ({ scenario, contender, ...summarise(measured) }));
  const costIn = (scenario: string, round: number) => (contender: string) => {
    const lane = lanes.find((candidate) => candidate.scenario === scenario && candidate.contender === contender);
    const measurement = lane?.measured[round];
    return measurement === undefined ? nothing : figuresOf(measurement);
  };
  const measuredRatios = verificationAlgorithms.map((alg) => ({
    ratios: ratios.map((ratio) => ({ ...ratio, words: `${alg}: ${ratio.words}` })),
    rounds: Array.from({ length: rounds }, (_, round) => costIn(alg, round)),
  }));
  return `${measurementsTable(rows)}\n\n${ratiosTable(measuredRatios)}`;
};

const bench = async (): Promise<void> => {
  const issuers = await Promise.all(verificationAlgorithms.map((alg) => startBenchIssuer(alg, tokenCount)));
  try {
    const lanes = (await Promise.all(issuers.map(startLanes))).flat();
    for (const lane of lanes) await measure(lane, { seconds: warmUpSeconds });
    for (let round = 1; round <= rounds; round += 1) {
      console.error(`round ${round} of ${rounds}`);
      for (const lane of lanes) lane.measured.push(await measure(lane, { seconds }));
    }
    console.log(`Keyturn's verifier: ${surroundingsInWords('at the end')}.`);
    console.log(`${tokenCount} different tokens in turn, one thread, ${rounds} rounds of ${seconds} s, medians.\n`);
    console.log(report(lanes));
  } finally {
    for (const { server } of issuers) {
      server.closeAllConnections();
      server.close();
    }
  }
};

try {
  await bench();
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
await Promise.all(children.map((child) => child.end()));
