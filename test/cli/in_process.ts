// The whole command line in this process, on a database and a ring of its own, with the terminal in the test's hands.
import { cpSync } from 'node:fs';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import { addAudit } from '../../src/cli/audit.ts';
import { addClients } from '../../src/cli/clients.ts';
import { addDatabases } from '../../src/cli/databases.ts';
import { addDoctor } from '../../src/cli/doctor.ts';
import { addKeys } from '../../src/cli/keys.ts';
import { addRemoteOption } from '../../src/cli/remote_option.ts';
import { addResources } from '../../src/cli/resources.ts';
import { createProgram, run } from '../../src/cli/run.ts';
import { addSimulate } from '../../src/cli/simulate_command.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { addToken } from '../../src/cli/token.ts';
import { addUsers } from '../../src/cli/users.ts';
import { type Environment, readConfig } from '../../src/config.ts';
import { turnRings } from '../../src/keys/rotation.ts';
import { openRotation } from '../../src/node.ts';
import type { NumericDate } from '../../src/seams/clock.ts';
import type { Store } from '../../src/seams/store.ts';
import { createKeyMaker } from '../made_keys.ts';
import { databasePathIn, environmentFor, makeFolder } from '../running_server.ts';

export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandSurroundings {
  readonly environment: Environment;
  /** What is piped in. */
  readonly input?: string;
  readonly colour?: boolean;
  /** What is typed, line by line, where standard input is a terminal. */
  readonly typed?: readonly string[];
}

/** What was printed, however wide the terminal. */
export const asOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

/** Runs `keyturn ARGS`. */
export const runCommand = async (
  args: readonly string[],
  { environment, input = '', colour = false, typed }: CommandSurroundings,
): Promise<CommandOutcome> => {
  const written = { stdout: '', stderr: '', code: 0 };
  const lines = [...(typed ?? [])];
  const terminal: Terminal = {
    environment,
    clock: systemClock,
    columns: 80,
    colour,
    print: (text) => {
      written.stdout += `${text}\n`;
    },
    printError: (text) => {
      written.stderr += `${text}\n`;
    },
    readInput: async () => input,
    ...(typed !== undefined && {
      promptHidden: async (question: string) => {
        written.stderr += `${question}\n`;
        return lines.shift() ?? '';
      },
    }),
    setExitCode: (code) => {
      written.code = code;
    },
  };
  const program = createProgram('0.0.0', terminal);
  for (const add of [
    addRemoteOption,
    addKeys,
    addClients,
    addResources,
    addUsers,
    addToken,
    addAudit,
    addDatabases,
    addDoctor,
    addSimulate,
  ])
    add(program, terminal);
  await run(program, ['node', 'keyturn', ...args], terminal);
  return written;
};

/** The settings of an issuer on loopback whose files are in a folder. */
export const loopbackIn = (folder: string, environment: Environment = {}): Environment =>
  environmentFor(folder, { KEYTURN_ISSUER: 'http://localhost:4100', ...environment });

const clockAt = (now: NumericDate) => ({ now: () => now, monotonicSeconds: () => now });

/** Does to the store of a folder what a server would, as if the time were `now`. */
export const withStoreAt = async <Result>(
  folder: string,
  now: NumericDate,
  work: (store: Store) => Promise<Result>,
): Promise<Result> => {
  const store = createBetterSqlite3Store(databasePathIn(folder), clockAt(now));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
};

/** The first start of a server, as if it had been at `now`: KEK ring, database, keys. */
export const startRingsAt = (folder: string, environment: Environment, now: NumericDate): Promise<void> =>
  withStoreAt(folder, now, async (store) => {
    const taken = (await store.readSigningKeys()).keys.filter(({ alg }) => alg === 'RS256').length;
    const rotation = await openRotation(readConfig(environment), store);
    await turnRings({ ...rotation, generateKey: createKeyMaker(taken) });
  });

/** A folder to copy from. */
export interface Template {
  copyTo(folder: string): void;
}

const templateOf = async (fill: (folder: string) => Promise<void>): Promise<Template> => {
  const template = makeFolder();
  await fill(template);
  return { copyTo: (folder) => cpSync(template, folder, { recursive: true }) };
};

/** A folder in which the rings were started at `startedAt`, to copy from. */
export const createTemplate = (startedAt: NumericDate, environment: Environment = {}) =>
  templateOf((folder) => startRingsAt(folder, loopbackIn(folder, environment), startedAt));

/** A folder with a database that has its tables and no row, to copy from. */
export const createEmptyTemplate = () => templateOf((folder) => withStoreAt(folder, 0, async () => undefined));
