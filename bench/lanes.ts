// The lanes: each thing that is measured, again in every round, and the processes that do it.
import { type SigningAlgorithm, signingAlgorithms } from '../src/seams/signer.ts';
import type { Child } from './child.ts';
import type { Contender } from './contender.ts';
import type { SignJob } from './crypto_sign.ts';
import type { FlowJob } from './flow_load.ts';
import { flowWorkers } from './keyturn_facts.ts';
import type { LoadAnswer, LoadJob } from './load.ts';
import type { Measurement } from './measure.ts';
import type { RotationsJob } from './rotations.ts';
import type { Entrant, Scenario } from './scenario.ts';
import { clientCredentialsName } from './scenarios/client_credentials.ts';
import { jwks } from './scenarios/jwks.ts';
import { refresh } from './scenarios/people.ts';
import { type CommitKind, commitKinds, rotation } from './scenarios/rotation.ts';
import { onSlowDisk } from './slow_disk.ts';

export const connections = 32;
const primitiveSeconds = 0.5;
const signingInputBytes = 400;

/** Starts a file of bench/ as a child that ends with the bench. */
export type Start = (file: string, ...parameters: readonly string[]) => Child;

export interface Lane {
  readonly scenario: string;
  readonly contender: string;
  measure(warmUpSeconds: number, seconds: number): Promise<Measurement>;
  readonly measured: Measurement[];
}

const startContenders = async (
  start: Start,
  startOnSlowDisk: Start | undefined,
  scenarios: readonly Scenario[],
): Promise<ReadonlyMap<string, Contender>> => {
  const startOne = async (name: string, ...parameters: readonly string[]): Promise<[string, Contender]> =>
    // The child is one of ours and sends just this.
    [name, (await start(`contenders/${name}.ts`, ...parameters).reply()) as Contender];
  const startSlow = async (name: string): Promise<readonly [string, Contender][]> => {
    if (startOnSlowDisk === undefined) return [];
    const contender = (await startOnSlowDisk(`contenders/${name}.ts`).reply()) as Contender;
    const { [refresh.name]: flow } = contender.flows ?? {};
    return flow === undefined
      ? []
      : [[onSlowDisk(name), { ...contender, targets: {}, flows: { [refresh.name]: flow } }]];
  };
  const keyturn = await startOne('keyturn');
  return new Map([
    keyturn,
    await startOne('bare_hono'),
    await startOne('oidc_provider'),
    ...(scenarios.includes(refresh)
      ? [
          await startOne('keyturn_commit_each'),
          ...(await startSlow('keyturn')),
          ...(await startSlow('keyturn_commit_each')),
        ]
      : []),
    ...(scenarios.includes(jwks) ? [await startOne('bare_node_http', keyturn[1].jwksUri)] : []),
  ]);
};

const entrantsOf = ({ name }: Scenario, contenders: ReadonlyMap<string, Contender>): readonly Entrant[] =>
  [...contenders].flatMap(([contenderName, contender]): Entrant[] => {
    const { [name]: target } = contender.targets;
    const flow = contender.flows?.[name];
    if (target !== undefined) return [{ name: contenderName, contender, target }];
    return flow === undefined ? [] : [{ name: contenderName, contender, flow }];
  });

const jobOf = (
  { contender: { pid }, target, flow }: Entrant,
  warmUpSeconds: number,
  seconds: number,
): LoadJob | FlowJob => {
  if (target !== undefined) return { target, pid, connections, warmUpSeconds, seconds };
  if (flow !== undefined) return { flow, pid, workers: flowWorkers, warmUpSeconds, seconds };
  throw new TypeError('An entrant has a target or a flow.');
};

const serverLane = (scenario: Scenario, entrant: Entrant, load: Child): Lane => ({
  scenario: scenario.name,
  contender: entrant.name,
  measured: [],
  measure: async (warmUpSeconds, seconds) => {
    load.send(jobOf(entrant, warmUpSeconds, seconds));
    const answer = (await load.reply()) as LoadAnswer;
    if ('complaint' in answer) throw new Error(`${entrant.name}: ${answer.complaint}`);
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

const rotationLane = (kind: CommitKind, contender: string, rotations: Child): Lane => ({
  scenario: rotation.name,
  contender,
  measured: [],
  measure: async (warmUpSeconds, seconds) => {
    const ask = async (forSeconds: number): Promise<Measurement> => {
      const job: RotationsJob = { kind, seconds: forSeconds };
      rotations.send(job);
      return (await rotations.reply()) as Measurement;
    };
    await ask(warmUpSeconds);
    return ask(seconds);
  },
});

const rotationLanes = (start: Start, startOnSlowDisk: Start | undefined): readonly Lane[] => {
  const [rotations, slow] = [start('rotations.ts'), startOnSlowDisk?.('rotations.ts')];
  return [
    ...commitKinds.map((kind) => rotationLane(kind, kind, rotations)),
    ...(slow === undefined ? [] : commitKinds.map((kind) => rotationLane(kind, onSlowDisk(kind), slow))),
  ];
};

/** Starts every contender and proves that they answer right and alike. */
export const openLanes = async (
  start: Start,
  startOnSlowDisk: Start | undefined,
  scenarios: readonly Scenario[],
): Promise<readonly Lane[]> => {
  const contenders = await startContenders(start, startOnSlowDisk, scenarios);
  const [load, flowLoad, primitive] = [start('load.ts'), start('flow_load.ts'), start('crypto_sign.ts')];
  const lanes: Lane[] = [];
  for (const scenario of scenarios) {
    if (scenario === rotation) {
      lanes.push(...rotationLanes(start, startOnSlowDisk));
      continue;
    }
    const entrants = entrantsOf(scenario, contenders);
    await scenario.check(entrants);
    for (const entrant of entrants)
      lanes.push(serverLane(scenario, entrant, entrant.target === undefined ? flowLoad : load));
    const alg = signingAlgorithms.find((candidate) => scenario.name === clientCredentialsName(candidate));
    if (alg !== undefined) lanes.push(primitiveLane(alg, primitive));
  }
  return lanes;
};
