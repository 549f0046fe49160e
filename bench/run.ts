// `npm run bench`: starts every contender on loopback, proves their answers right, measures them side by side in rounds,
// prints one table. A new contender is a file in contenders/ and a line here; a new scenario a file in scenarios/ and a line.
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type SigningAlgorithm, signingAlgorithms } from '../src/seams/signer.ts';
import { type Child, startChild } from './child.ts';
import type { Contender } from './contender.ts';
import type { SignJob } from './crypto_sign.ts';
import type { LoadAnswer, LoadJob } from './load.ts';
import { costOf, type Measurement, summarise } from './measure.ts';
import type { Entrant, Scenario } from './scenario.ts';
import { clientCredentials, clientCredentialsName } from './scenarios/client_credentials.ts';
import { jwks } from './scenarios/jwks.ts';
import { measurementsTable, type Row, ratiosTable } from './table.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2.5' },
    only: { type: 'string', default: '' },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);
const connections = 32;
const warmUpSeconds = { first: 2, later: 0.5 };
const primitiveSeconds = 0.5;
const signingInputBytes = 400;
/** No round is begun that would end after this. */
const roundsUntilSeconds = 165;
const mostSeconds = 178;

const scenarios: readonly Scenario[] = [...signingAlgorithms.map(clientCredentials), jwks].filter(({ name }) =>
  name.includes(options.only),
);

const children: Child[] = [];
const start = (file: string, ...parameters: readonly string[]): Child => {
  const child = startChild(file, ...parameters);
  children.push(child);
  return child;
};
const startContender = async (name: string, ...parameters: readonly string[]): Promise<Contender> =>
  // The child is one of ours and sends just this.
  (await start(`contenders/${name}.ts`, ...parameters).reply()) as Contender;

const startContenders = async (): Promise<ReadonlyMap<string, Contender>> => {
  const keyturn = await startContender('keyturn');
  return new Map([
    ['keyturn', keyturn],
    ['bare_hono', await startContender('bare_hono')],
    ['oidc_provider', await startContender('oidc_provider')],
    ['bare_node_http', await startContender('bare_node_http', keyturn.jwksUri)],
  ]);
};

const entrantsOf = ({ name }: Scenario, contenders: ReadonlyMap<string, Contender>): readonly Entrant[] =>
  [...contenders].flatMap(([contenderName, contender]) => {
    const target = contender.targets[name];
    return target === undefined ? [] : [{ name: contenderName, contender, target }];
  });

/** One thing that is measured, again in every round. */
interface Lane {
  readonly scenario: string;
  readonly contender: string;
  measure(warmUpSeconds: number): Promise<Measurement>;
  readonly measured: Measurement[];
}

const serverLane = (scenario: Scenario, { name, contender, target }: Entrant, load: Child): Lane => ({
  scenario: scenario.name,
  contender: name,
  measured: [],
  measure: async (warmUp) => {
    const job: LoadJob = { target, pid: contender.pid, connections, warmUpSeconds: warmUp, seconds };
    load.send(job);
    const answer = (await load.reply()) as LoadAnswer;
    if ('complaint' in answer) throw new Error(`${name}: ${answer.complaint}`);
    return answer;
  },
});

const primitiveLane = (alg: SigningAlgorithm, primitive: Child): Lane => ({
  scenario: clientCredentialsName(alg),
  contender: 'crypto.sign',
  measured: [],
  measure: async () => {
    const job: SignJob = { alg, signingInputBytes, seconds: primitiveSeconds };
    primitive.send(job);
    return (await primitive.reply()) as Measurement;
  },
});

const lanesOf = async (contenders: ReadonlyMap<string, Contender>): Promise<readonly Lane[]> => {
  const load = start('load.ts');
  const primitive = start('crypto_sign.ts');
  const lanes: Lane[] = [];
  for (const scenario of scenarios) {
    const entrants = entrantsOf(scenario, contenders);
    await scenario.check(entrants);
    lanes.push(...entrants.map((entrant) => serverLane(scenario, entrant, load)));
    const alg = signingAlgorithms.find((candidate) => scenario.name === clientCredentialsName(candidate));
    if (alg !== undefined) lanes.push(primitiveLane(alg, primitive));
  }
  return lanes;
};

const report = (lanes: readonly Lane[], roundsDone: number): string => {
  const rows: readonly Row[] = lanes.map(({ scenario, contender, measured }) => ({
    scenario,
    contender,
    ...summarise(measured),
  }));
  const costIn = (scenario: string, round: number) => (contender: string) => {
    const lane = lanes.find((candidate) => candidate.scenario === scenario && candidate.contender === contender);
    const measurement = lane?.measured[round];
    return measurement === undefined ? Number.NaN : costOf(measurement);
  };
  const measuredRatios = scenarios.map(({ name, ratios }) => ({
    ratios,
    rounds: Array.from({ length: roundsDone }, (_, round) => costIn(name, round)),
  }));
  return `${measurementsTable(rows)}\n\n${ratiosTable(measuredRatios)}`;
};

/** @returns how many rounds there was time for; the first is always run. */
const runRounds = async (lanes: readonly Lane[]): Promise<number> => {
  for (let done = 0; done < rounds; done += 1) {
    const started = performance.now();
    console.error(`round ${done + 1} of ${rounds}`);
    for (const lane of lanes)
      lane.measured.push(await lane.measure(done === 0 ? warmUpSeconds.first : warmUpSeconds.later));
    const next = performance.now() + (performance.now() - started);
    if (next > roundsUntilSeconds * 1000) return done + 1;
  }
  return rounds;
};

const bench = async (): Promise<void> => {
  if (scenarios.length === 0) throw new Error(`--only ${options.only} names no scenario.`);
  if (!(rounds >= 1 && seconds > 0)) throw new Error('--rounds takes a number from 1 on, --seconds one above 0.');
  const lanes = await lanesOf(await startContenders());
  const done = await runRounds(lanes);
  const { length: cores, 0: core } = cpus();
  console.log(
    `Keyturn's bench: Node ${process.versions.node}, ${cores} cores of ${core?.model ?? 'an unknown kind'}, load average`,
  );
  console.log(
    `${loadavg()[0]?.toFixed(1)} at the end. ${connections} connections kept alive, ${done} rounds of ${seconds} s, medians. CPU is the`,
  );
  console.log("server's own, user and system, all threads; the load runs in a process of its own.\n");
  console.log(report(lanes, done));
};

const endAll = (): Promise<unknown> => Promise.all(children.map((child) => child.end()));

let givenUp = false;
const giveUp = async (reason: string): Promise<void> => {
  if (givenUp) return;
  givenUp = true;
  console.error(`bench: ${reason}`);
  await endAll();
  process.exit(1);
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => giveUp(`ended by ${signal}.`));
setTimeout(() => giveUp(`not done after ${mostSeconds} s; try --rounds 3.`), mostSeconds * 1000).unref();

try {
  await bench();
} catch (error) {
  await giveUp(error instanceof Error ? error.message : String(error));
}
await endAll();
