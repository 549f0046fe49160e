// What is measured beside each other: one node on SQLite, one on Postgres, two on one Postgres. Each has a database of its
// own, and is asked by two loads, which are two doors of one node or one of each.
import { isPostgresUrl, openDatabase } from '../../src/adapters/database_url.ts';
import { nodeRsPasswordHasher } from '../../src/adapters/node_rs_password_hasher.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import { freePort } from '../../test/free_port.ts';
import type { Contender } from '../contender.ts';
import type { Flow, SignInFlow } from '../flows/flow.ts';
import type { refreshName } from '../flows/refresh.ts';
import { signInName } from '../flows/sign_in.ts';
import { fillStore, type KeyturnFacts, keyturnContender, storedUser } from '../keyturn_facts.ts';
import { benchFolder, databaseIn, type KeyturnProcess, startKeyturn } from '../keyturn_process.ts';
import type { PostgresProcess } from '../postgres_process.ts';
import { sharedPassword } from '../storm/person.ts';

export const doors = [0, 1] as const;

/** Enough for nobody to be stopped by the limit of an account. */
const peopleADoor = 200;
const addressesADoor = 20_000;

export interface Deployment {
  readonly name: string;
  /** One a door: what it can be asked, and the process behind it. */
  readonly doors: readonly Contender[];
  readonly postmaster?: number;
  stop(): Promise<void>;
}

const usernamesOf = (door: number): readonly string[] =>
  Array.from({ length: peopleADoor }, (_, place) => `person-${door * peopleADoor + place}`);

const fill = async (url: string): Promise<KeyturnFacts> => {
  const { store } = await openDatabase(url, systemClock, { connections: 4, patienceSeconds: 20 });
  const facts = await fillStore(store);
  const passwordHash = await nodeRsPasswordHasher.hash(sharedPassword);
  for (const door of doors)
    for (const username of usernamesOf(door)) await store.addUser(storedUser(username, passwordHash));
  await store.close();
  return facts;
};

const startNodes = async (count: number, url: string): Promise<readonly KeyturnProcess[]> => {
  const folder = benchFolder();
  const settings = { KEYTURN_DATABASE_URL: url, KEYTURN_TRUSTED_PROXIES: '1' };
  const first = await startKeyturn(folder, settings);
  const others: KeyturnProcess[] = [];
  while (others.length < count - 1) {
    const own = { KEYTURN_ISSUER: first.issuer, KEYTURN_PORT: String(await freePort()) };
    others.push(await startKeyturn(folder, { ...settings, ...own }));
  }
  return [first, ...others];
};

/** @param nodes - how many, each of which is a process. */
const deploy = async (name: string, nodes: number, url: string, postmaster?: number): Promise<Deployment> => {
  const facts = await fill(url);
  const processes = await startNodes(nodes, url);
  const [first] = processes;
  const openDoor = async (door: number): Promise<Contender> => {
    const node = processes[door % nodes];
    if (first === undefined || node === undefined) throw new Error(`${name} has no node.`);
    const contender = await keyturnContender(node.issuer, node.pid, facts);
    const signIn: SignInFlow = {
      kind: 'sign-in',
      issuer: first.issuer,
      origin: node.issuer,
      usernames: usernamesOf(door),
      firstPlace: door * addressesADoor,
    };
    return { ...contender, flows: { ...contender.flows, [signInName]: signIn } };
  };
  return {
    name,
    doors: [await openDoor(0), await openDoor(1)],
    ...(postmaster !== undefined && isPostgresUrl(url) && { postmaster }),
    stop: async () => {
      for (const node of processes) await node.stop();
    },
  };
};

export const deploymentNames = { sqlite: 'SQLite, 1 node', one: 'Postgres, 1 node', two: 'Postgres, 2 nodes' } as const;

export const startDeployments = async (postgres: PostgresProcess): Promise<readonly Deployment[]> => [
  await deploy(deploymentNames.sqlite, 1, `file:${databaseIn(benchFolder())}`),
  await deploy(deploymentNames.one, 1, await postgres.createDatabase('one_node'), postgres.pid),
  await deploy(deploymentNames.two, 2, await postgres.createDatabase('two_nodes'), postgres.pid),
];

/** @throws {Error} when the door has no such flow. */
export const flowOf = ({ flows = {} }: Contender, name: typeof refreshName | typeof signInName): Flow => {
  const { [name]: flow } = flows;
  if (flow === undefined) throw new Error(`There is no flow ${name}.`);
  return flow;
};
