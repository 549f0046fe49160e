// An open database as the repository sees it. Each adapter of a database implements it; nothing else differs between them.
import type { SQL } from 'drizzle-orm';
import type { SqlDialect, Statement, Step } from './sql_statement.ts';

export interface Result<Row> {
  /** Rows inserted, updated or deleted; of a query, rows found. */
  readonly changes: number;
  readonly rows: readonly Row[];
}

export type Steps<Rows extends readonly unknown[]> = { readonly [Place in keyof Rows]: Step<Rows[Place]> };
export type Results<Rows extends readonly unknown[]> = { readonly [Place in keyof Rows]: Result<Rows[Place]> };
export type RowsOf<Rows extends readonly unknown[]> = { readonly [Place in keyof Rows]: readonly Rows[Place][] };

/** Rows that nearly every request reads and hardly anybody changes. What is found is shared: nobody changes it. */
export interface Lookup<Row> {
  find(key: string): Promise<Row | undefined>;
  /** To be called after each write that touched these rows. */
  forget(): void;
}

/** @throws {StoreUnavailableError} of every verb: when the database could not do it, or could not say that it did. */
export interface SqlConnection extends SqlDialect {
  /** NumericDate by the database's own clock; undefined where it is this machine's. */
  readonly databaseClock: SQL<number> | undefined;
  read<Row>(step: Step<Row>): Promise<readonly Row[]>;
  /** In this order, each as of its own moment, in one trip to the database. */
  readInTurn<const Rows extends readonly unknown[]>(...steps: Steps<Rows>): Promise<RowsOf<Rows>>;
  /** As of one moment. */
  readTogether<const Rows extends readonly unknown[]>(...steps: Steps<Rows>): Promise<RowsOf<Rows>>;
  /**
   * All of it or nothing, in this order, and on disk before it is told.
   *
   * @returns undefined when a step that must did not; nothing changed then.
   */
  write<const Rows extends readonly unknown[]>(...steps: Steps<Rows>): Promise<Results<Rows> | undefined>;
  /** All of it or nothing, in this order, of what a power failure may take back: it waits for no disk where that can be helped. */
  writeUnsynced<const Rows extends readonly unknown[]>(...steps: Steps<Rows>): Promise<Results<Rows>>;
  /**
   * Resolves once all that a read has shown so far is on disk: to be awaited before something is told that must never be
   * taken back, and that nothing is written for. Absent where nothing is read before it is on disk.
   */
  readonly settled?: () => Promise<void>;
  /** As `write`, and what it overwrote is gone from the database's files, where the database can do that. */
  erase(...steps: readonly Step[]): Promise<readonly Result<unknown>[] | undefined>;
  /** @param key - what the statement calls its only value. */
  lookup<Row>(statement: Statement<Row>, key: string): Lookup<Row>;
  /** How many rows a write that may be done bit by bit is to change at most, so that others come to their turn in between. */
  readonly mostRows: number;
  /** Steps that let writes of one kind pass one at a time until each is over. None where all do. */
  oneAtATime(kind: 'revocations' | 'logins' | 'key_set_readers' | 'logout_deliveries'): readonly Step[];
  close(): Promise<void>;
}

/** The first of them. */
export const first = <Row>([row]: readonly Row[]): Row | undefined => row;
