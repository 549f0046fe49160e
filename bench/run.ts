// `npm run bench`: starts every contender on loopback, proves their answers right, measures them side by side in rounds,
// prints tables. A new contender is a file in contenders/ and a line in lanes.ts; a new scenario a file in scenarios/ and a
// line here.
import { parseArgs } from 'node:util';
import { signingAlgorithms } from '../src/seams/signer.ts';
import { type Child, startBehind } from './child.ts';
import { syncMilliseconds } from './disk.ts';
import { flowWorkers } from './keyturn_facts.ts';
import { connections, type Lane, openLanes, type Start } from './lanes.ts';
import { figuresOf, type Measurement, summarise } from './measure.ts';
import type { Scenario } from './scenario.ts';
import { clientCredentials } from './scenarios/client_credentials.ts';
import { introspections } from './scenarios/introspection.ts';
import { jwks } from './scenarios/jwks.ts';
import { codeFlow, refresh } from './scenarios/people.ts';
import { rotation } from './scenarios/rotation.ts';
import { slowDisk } from './slow_disk.ts';
import { canMeasureStorm, measureStorm, stormName } from './storm/storm.ts';
import { surroundingsInWords } from './surroundings.ts';
import { measurementsTable, type Row, ratiosTable } from './table.ts';

const everyScenario: readonly Scenario[] = [
  ...signingAlgorithms.map(clientCredentials),
  jwks,
  refresh,
  rotation,
  codeFlow,
  ...introspections,
];
const names = [...everyScenario.map(({ name }) => name), stormName];

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const warmUpSeconds = { first: 2, later: 0.5 };
/** No round is begun that would end after this. */
const roundsUntilSeconds = 340;
const mostSeconds = 400;

const scenarios = everyScenario.filter(({ name }) => name.includes(options.only));

const children: Child[] = [];
const startsBehind =
  (behind: readonly string[]): Start =>
  (file, ...parameters) => {
    const child = startBehind(behind, file, ...parameters);
    children.push(child);
    return child;
  };
const start = startsBehind([]);
const endAll = (): Promise<unknown> => Promise.all(children.map((child) => child.end()));

const report = (lanes: readonly Lane[], roundsDone: number): string => {
  const rows: readonly Row[] = lanes.map(({ scenario, contender, measured }) => ({
    scenario,
    contender,
    ...summarise(measured),
  }));
  const nothing: Measurement = { answers: Number.NaN, seconds: Number.NaN, cpuSeconds: Number.NaN };
  const measuredIn = (scenario: string, round: number) => (contender: string) => {
    const lane = lanes.find((candidate) => candidate.scenario === scenario && candidate.contender === contender);
    return figuresOf(lane?.measured[round] ?? nothing);
  };
  const measuredRatios = scenarios.map(({ name, ratios }) => ({
    ratios,
    rounds: Array.from({ length: roundsDone }, (_, round) => measuredIn(name, round)),
  }));
  return `${measurementsTable(rows)}\n\n${ratiosTable(measuredRatios)}`;
};

/** @returns how many rounds there was time for; the first is always run. */
const runRounds = async (lanes: readonly Lane[]): Promise<number> => {
  for (let done = 0; done < rounds; done += 1) {
    const started = performance.now();
    console.error(`round ${done + 1} of ${rounds}`);
    for (const lane of lanes)
      lane.measured.push(await lane.measure(done === 0 ? warmUpSeconds.first : warmUpSeconds.later, seconds));
    const next = performance.now() + (performance.now() - started);
    if (next > roundsUntilSeconds * 1000) return done + 1;
  }
  return rounds;
};

const measureRounds = async (): Promise<void> => {
  const behind = slowDisk();
  if (behind === undefined) console.error('bench: no strace that may trace, so no slower disk is measured.');
  const lanes = await openLanes(start, behind && startsBehind(behind), scenarios);
  const done = await runRounds(lanes);
  console.log(
    `${connections} connections kept alive, ${flowWorkers} for flows; ${done} rounds of ${seconds} s, medians. CPU is the server's own, user and\nsystem, all threads; the load runs in a process of its own. One wait for this disk takes ${syncMilliseconds().toFixed(2)} ms now (median).\n`,
  );
  console.log(report(lanes, done));
};

const bench = async (): Promise<void> => {
  const withStorm = stormName.includes(options.only) && canMeasureStorm();
  if (scenarios.length === 0 && !withStorm)
    throw new Error(`--only ${options.only} names no scenario. There are: ${names.join(', ')}.`);
  if (!(rounds >= 1 && seconds > 0)) throw new Error('--rounds takes a number from 1 on, --seconds one above 0.');
  console.log(`Keyturn's bench: ${surroundingsInWords('at the start')}.`);
  // First, while nothing else runs.
  const storm = withStorm ? await measureStorm(startsBehind) : '';
  if (scenarios.length > 0) await measureRounds();
  if (withStorm) console.log(`\n${storm}`);
};

let givenUp = false;
const giveUp = async (reason: string): Promise<void> => {
  if (givenUp) return;
  givenUp = true;
  console.error(`bench: ${reason}`);
  await endAll();
  process.exit(1);
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => giveUp(`ended by ${signal}.`));
setTimeout(() => giveUp(`not done after ${mostSeconds} s; try --rounds 1 or --only.`), mostSeconds * 1000).unref();

try {
  await bench();
} catch (error) {
  await giveUp(error instanceof Error ? error.message : String(error));
}
await endAll();
