// A store whose database can be filled by the million. Another store is another entry of the table.
import type { RunningStore } from './grown_requests.ts';
import { postgresGrowth } from './postgres_growth.ts';
import { sqliteGrowth } from './sqlite_growth.ts';

export interface GrownDatabase {
  readonly folder: string;
  readonly secret: string;
  /** On disk, once filled. */
  readonly megabytes: number;
  /** For what is asked of the store itself. */
  open(): Promise<RunningStore>;
  /** What the server needs to be told, beyond the places. */
  readonly settings: Readonly<Record<string, string>>;
  /** Of the database's own processes so far, where it has any. */
  cpuSeconds(): number;
  /** Once nobody asks it any more. */
  remove(): Promise<void>;
}

export interface GrowingStore {
  readonly name: string;
  /** @param families - token families; a tenth as many users, a session each. */
  grow(families: number): Promise<GrownDatabase>;
}

/** By what `--store` calls them. */
export const growingStores: Readonly<Record<string, GrowingStore>> = { sqlite: sqliteGrowth, postgres: postgresGrowth };
