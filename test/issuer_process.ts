// A running issuer for tests that stand outside it: the server as a child process, its people and clients put straight
// into its database.
import { type Environment, readConfig } from '../src/config.ts';
import { openStore } from '../src/node.ts';
import type { Store } from '../src/seams/store.ts';
import { type IssuerRecords, issuerRecords } from './issuer_records.ts';
import { environmentFor, makeFolder, type Outcome, runCli, startServer } from './running_server.ts';

export interface IssuerProcess extends IssuerRecords {
  /** The issuer identifier, which is also where it answers. */
  readonly issuer: string;
  readonly store: Store;
  /** Runs `keyturn ARGS` on its database. */
  runCli(args: readonly string[]): Promise<Outcome>;
  /** Ends the server. @returns what it logged. */
  close(): Promise<string>;
}

export const startIssuer = async (environment: Environment = {}): Promise<IssuerProcess> => {
  const folder = makeFolder();
  const server = await startServer(folder, environment);
  const store = await openStore(readConfig(environmentFor(folder, {})));
  return {
    issuer: server.issuer,
    store,
    ...issuerRecords(store),
    runCli: (args) => runCli(args, folder, { KEYTURN_ISSUER: server.issuer, ...environment }),
    close: async () => {
      await store.close();
      await server.stop();
      return server.stdout();
    },
  };
};
