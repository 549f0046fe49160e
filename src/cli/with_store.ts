// Opens the store for the length of a command and closes it again, whatever happens.
import { nothingAt } from '../adapters/database_url.ts';
import type { Config } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { openStore } from '../node.ts';
import type { Store } from '../seams/store.ts';

/** Makes the database where there is none. */
export const withStore = async <Result>(config: Config, work: (store: Store) => Promise<Result>): Promise<Result> => {
  const store = await openStore(config);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
};

/** @throws {OperatorError} where there is no database: a wrong KEYTURN_DATABASE_URL must not look like an empty one. */
export const withExistingStore = async <Result>(
  config: Config,
  work: (store: Store) => Promise<Result>,
): Promise<Result> => {
  const empty = await nothingAt(config.databaseUrl);
  if (empty !== undefined)
    throw new OperatorError(
      `There is no database at ${empty} yet. Start the server once ("npx keyturn serve"), or name the right one in KEYTURN_DATABASE_URL.`,
    );
  return withStore(config, work);
};
