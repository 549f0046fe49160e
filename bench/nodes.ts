// `npm run bench:nodes`: one node on SQLite, one on Postgres and two on one Postgres, side by side in rounds: what tokens,
// refreshes and sign-ins cost the nodes and what they cost Postgres.
import { parseArgs } from 'node:util';
import { type Child, startChild } from './child.ts';
import type { Contender } from './contender.ts';
import { syncMilliseconds } from './disk.ts';
import type { FlowJob } from './flow_load.ts';
import { refreshName } from './flows/refresh.ts';
import { signInName } from './flows/sign_in.ts';
import type { LoadAnswer, LoadJob } from './load.ts';
import { type Measurement, median, rangeOf } from './measure.ts';
import { type Deployment, deploymentNames, doors, flowOf, startDeployments } from './nodes/deployment.ts';
import { startPostgres } from './postgres_process.ts';
import { clientCredentialsName } from './scenarios/client_credentials.ts';
import { surroundingsInWords } from './surroundings.ts';
import { between, plainTable } from './table.ts';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '2' } },
});
const [rounds, seconds] = [Number(options.rounds), Number(options.seconds)];
if (!(rounds >= 1 && seconds > 0)) throw new Error('--rounds takes a number from 1 on, --seconds one above 0.');
const warmUpSeconds = 1;
/** Half of them at each door. */
const [connections, refreshing, signingIn] = [32, 16, 8];

type Job = Omit<LoadJob, 'pid'> | Omit<FlowJob, 'pid'>;

interface Asked {
  readonly name: string;
  readonly load: 'load.ts' | 'flow_load.ts';
  jobAt(door: Contender): Job;
}

const times = { warmUpSeconds, seconds };
const tokens = clientCredentialsName('ES256');
const everyAsked: readonly Asked[] = [
  {
    name: tokens,
    load: 'load.ts',
    jobAt: ({ targets: { [tokens]: target } }) => {
      if (target === undefined) throw new Error(`There is no target ${tokens}.`);
      return { target, connections: connections / doors.length, ...times };
    },
  },
  ...([refreshName, signInName] as const).map(
    (name): Asked => ({
      name,
      load: 'flow_load.ts',
      jobAt: (door) => ({
        flow: flowOf(door, name),
        workers: (name === refreshName ? refreshing : signingIn) / doors.length,
        ...times,
      }),
    }),
  ),
];

interface Lane {
  readonly asked: Asked;
  readonly deployment: Deployment;
  readonly measured: Measurement[];
}

/** Both loads saw the same node or each its own, and the same Postgres. */
const together = (answers: readonly Measurement[], nodes: number): Measurement => {
  const sum = (of: (answer: Measurement) => number): number => answers.reduce((all, answer) => all + of(answer), 0);
  return {
    answers: sum((answer) => answer.answers),
    seconds: sum((answer) => answer.seconds) / answers.length,
    cpuSeconds: (sum((answer) => answer.cpuSeconds) / answers.length) * nodes,
    databaseCpuSeconds: sum(({ databaseCpuSeconds = 0 }) => databaseCpuSeconds) / answers.length,
  };
};

const measureLane = async (loads: readonly Child[], { asked, deployment }: Lane): Promise<Measurement> => {
  const { postmaster } = deployment;
  const asking = loads.map(async (load, door): Promise<Measurement> => {
    const contender = deployment.doors[door];
    if (contender === undefined) throw new Error(`${deployment.name} has no door ${door}.`);
    load.send({ ...asked.jobAt(contender), pid: contender.pid, ...(postmaster !== undefined && { postmaster }) });
    // The child is one of ours and sends just this.
    const answer = (await load.reply()) as LoadAnswer;
    if ('complaint' in answer) throw new Error(`${deployment.name}, ${asked.name}: ${answer.complaint}`);
    return answer;
  });
  return together(await Promise.all(asking), new Set(deployment.doors.map(({ pid }) => pid)).size);
};

interface Figures {
  readonly perSecond: number;
  readonly nodeMicroseconds: number;
  readonly databaseMicroseconds: number;
}

const figuresOf = ({ answers, seconds: taken, cpuSeconds, databaseCpuSeconds = 0 }: Measurement): Figures => ({
  perSecond: answers / taken,
  nodeMicroseconds: (cpuSeconds / answers) * 1e6,
  databaseMicroseconds: (databaseCpuSeconds / answers) * 1e6,
});

const spread = (values: readonly number[], decimals: number): readonly string[] => [
  median(values).toFixed(decimals),
  between(rangeOf(values), decimals),
];

const measuredTable = (lanes: readonly Lane[]): string =>
  plainTable(
    ['request', 'issuer', 'per second', 'rounds', 'node CPU us each', 'rounds', 'Postgres CPU us each', 'rounds'],
    lanes.map(({ asked, deployment, measured }) => {
      const figures = measured.map(figuresOf);
      return [
        asked.name,
        deployment.name,
        ...spread(
          figures.map(({ perSecond }) => perSecond),
          0,
        ),
        ...spread(
          figures.map(({ nodeMicroseconds }) => nodeMicroseconds),
          0,
        ),
        ...spread(
          figures.map(({ databaseMicroseconds }) => databaseMicroseconds),
          0,
        ),
      ];
    }),
  );

const comparisons = [
  [deploymentNames.one, deploymentNames.sqlite],
  [deploymentNames.two, deploymentNames.one],
] as const;

const ratiosTable = (lanes: readonly Lane[]): string => {
  const figuresIn = (asked: Asked, name: string): readonly Figures[] =>
    lanes.find((lane) => lane.asked === asked && lane.deployment.name === name)?.measured.map(figuresOf) ?? [];
  const rows = everyAsked.flatMap((asked) =>
    comparisons.map(([name, base]) => {
      const [those, bases] = [figuresIn(asked, name), figuresIn(asked, base)];
      const ratios = (of: (figures: Figures) => number): readonly number[] =>
        those.map((figures, round) => of(figures) / of(bases[round] ?? figures));
      const allCpu = (figures: Figures): number => figures.nodeMicroseconds + figures.databaseMicroseconds;
      return [
        `${asked.name}: ${name} over ${base}`,
        ...spread(
          ratios(({ perSecond }) => perSecond),
          2,
        ),
        ...spread(
          ratios(({ nodeMicroseconds }) => nodeMicroseconds),
          2,
        ),
        ...spread(ratios(allCpu), 2),
      ];
    }),
  );
  return plainTable(['ratio', 'per second', 'rounds', 'node CPU', 'rounds', 'CPU with Postgres', 'rounds'], rows);
};

const bench = async (): Promise<void> => {
  console.log(
    `Nodes of Keyturn: ${surroundingsInWords('at the start')}.\nThe cores serve nodes, Postgres and the load alike: two nodes here can be no faster than the cores that are left. Judge by CPU.`,
  );
  const postgres = await startPostgres();
  const deployments = await startDeployments(postgres);
  const loads = {
    'load.ts': doors.map(() => startChild('load.ts')),
    'flow_load.ts': doors.map(() => startChild('flow_load.ts')),
  };
  const lanes = everyAsked.flatMap((asked) =>
    deployments.map((deployment): Lane => ({ asked, deployment, measured: [] })),
  );
  for (let round = 0; round <= rounds; round += 1) {
    console.error(round === 0 ? 'warming up' : `round ${round} of ${rounds}`);
    for (const lane of lanes) {
      const measurement = await measureLane(loads[lane.asked.load], lane);
      if (round > 0) lane.measured.push(measurement);
    }
  }
  console.log(
    `${connections} connections for tokens, ${refreshing} refreshes and ${signingIn} sign-ins under way at once, by two loads; ${rounds} rounds of ${seconds} s, medians.\nOne wait for this disk takes ${syncMilliseconds().toFixed(2)} ms now; Postgres runs with fsync = on.\n`,
  );
  console.log(`${measuredTable(lanes)}\n\n${ratiosTable(lanes)}`);
  for (const load of Object.values(loads).flat()) await load.end();
  for (const deployment of deployments) await deployment.stop();
  await postgres.remove();
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
await bench().catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
process.exit();
