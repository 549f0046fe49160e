// Opens the store for the length of a command and closes it again, whatever happens: the database of this machine, or that
// of the issuer named with --remote.
import { nothingAt } from '../adapters/database_url.ts';
import { createRemoteStore } from '../adapters/remote_store.ts';
import type { Config } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { openStore } from '../node.ts';
import type { AdministeredStore } from '../seams/administered_store.ts';
import { remoteOf } from './remote.ts';

const open = async (config: Config): Promise<AdministeredStore> => {
  const remote = remoteOf(config);
  return remote === undefined ? openStore(config) : createRemoteStore(remote);
};

/** Makes the database where there is none. */
export const withStore = async <Result>(
  config: Config,
  work: (store: AdministeredStore) => Promise<Result>,
): Promise<Result> => {
  const store = await open(config);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
};

/** @throws {OperatorError} where there is no database: a wrong KEYTURN_DATABASE_URL must not look like an empty one. */
export const withExistingStore = async <Result>(
  config: Config,
  work: (store: AdministeredStore) => Promise<Result>,
): Promise<Result> => {
  const empty = config.remote === undefined ? await nothingAt(config.databaseUrl, config) : undefined;
  if (empty !== undefined)
    throw new OperatorError(
      `There is no database at ${empty} yet. Start the server once ("npx keyturn serve"), or name the right one in KEYTURN_DATABASE_URL.`,
    );
  return withStore(config, work);
};
