// SqlConnection on better-sqlite3: reads at once, writes together in a group commit.
import type Database from 'better-sqlite3';
import { StoreUnavailableError } from '../seams/store.ts';
import type { StoreFence } from '../seams/store_fence.ts';
import { busyTimeoutMilliseconds, emptyLog } from './better_sqlite3_database.ts';
import { toStoreError } from './better_sqlite3_errors.ts';
import type { Fence } from './better_sqlite3_fence.ts';
import { createGroupCommit, type GroupCommit } from './better_sqlite3_group_commit.ts';
import { createRowCaches } from './better_sqlite3_row_cache.ts';
import { first, type Result, type SqlConnection } from './sql_connection.ts';
import type { Statement, Step } from './sql_statement.ts';
import { sqliteDialect } from './sqlite_dialect.ts';

/** A step that must did not, after others had changed something: undoes the write it is in. */
class NotMet extends Error {}

/** @returns what runs one step now, inside a transaction or not. */
const createRun = (client: Database.Database) => {
  const prepared = new WeakMap<Statement<unknown>, Database.Statement<unknown[], unknown[]>>();
  const nativeOf = (statement: Statement<unknown>) => {
    const known = prepared.get(statement);
    if (known !== undefined) return known;
    const native = client.prepare<unknown[], unknown[]>(statement.text);
    if (statement.givesRows) native.raw(true);
    prepared.set(statement, native);
    return native;
  };
  return <Row>({ statement, values }: Step<Row>): Result<Row> => {
    const native = nativeOf(statement);
    const parameters = statement.parametersOf(values);
    if (!statement.givesRows) return { changes: native.run(...parameters).changes, rows: [] };
    const rows = native.all(...parameters).map((row) => statement.decode(row));
    return { changes: rows.length, rows };
  };
};

type Run = ReturnType<typeof createRun>;

/** @returns undefined when a step that must did not, before anything changed. @throws {NotMet} after. */
const runAll = (run: Run, steps: readonly Step[]): readonly Result<unknown>[] | undefined => {
  let changed = false;
  const results: Result<unknown>[] = [];
  for (const step of steps) {
    const result = run(step);
    if (step.must && result.changes === 0) {
      if (changed) throw new NotMet();
      return undefined;
    }
    changed ||= !step.statement.givesRows && result.changes > 0;
    results.push(result);
  }
  return results;
};

const unlessNotMet = (error: unknown): undefined => {
  if (error instanceof NotMet) return undefined;
  throw error;
};

/** While another process writes, and for the disk, the event loop waits: for what is rare. */
const waiting = <Done>(client: Database.Database, work: () => Done): Done => {
  const [busyTimeout, synchronous] = ['busy_timeout', 'synchronous'].map((name) =>
    client.pragma(name, { simple: true }),
  );
  client.pragma(`busy_timeout = ${busyTimeoutMilliseconds}`);
  client.pragma('synchronous = FULL');
  try {
    return work();
  } finally {
    client.pragma(`busy_timeout = ${busyTimeout}`);
    client.pragma(`synchronous = ${synchronous}`);
  }
};

type ReadNow = <Read>(work: () => Read) => Promise<Read>;

const createReadNow =
  (fence: Fence): ReadNow =>
  async (work) => {
    try {
      return work();
    } catch (error) {
      fence.watch(error);
      throw toStoreError(error);
    }
  };

/** @param commit - how writes come to be committed, for those who measure it. */
export const connect = (
  client: Database.Database,
  { write, writeUnsynced, settled, uncopied, drain, fence }: GroupCommit = createGroupCommit(client),
): SqlConnection & { readonly fence: StoreFence } => {
  const readNow = createReadNow(fence);
  const run = createRun(client);
  const rowCaches = createRowCaches(client);
  const allTogether = client.transaction((steps: readonly Step[]) => runAll(run, steps));
  const needed = (steps: readonly Step[]) => steps.filter(({ statement }) => !statement.locksOnly);
  // Of these verbs the types follow from the steps, place by place, which the compiler cannot see through.
  const inTurn = (...steps: readonly Step[]) => readNow(() => steps.map((step) => run(step).rows));
  const together = async (...steps: readonly Step[]) =>
    (await readNow(() => allTogether(steps)))?.map(({ rows }) => rows);
  const atOnce = (...steps: readonly Step[]) => write(() => runAll(run, needed(steps))).catch(unlessNotMet);
  const unsynced = (...steps: readonly Step[]) => writeUnsynced(() => steps.map((step) => run(step)));
  return {
    ...sqliteDialect,
    fence,
    databaseClock: undefined,
    read: (step) => readNow(() => run(step).rows),
    readInTurn: inTurn as SqlConnection['readInTurn'],
    readTogether: together as SqlConnection['readTogether'],
    write: atOnce as SqlConnection['write'],
    writeUnsynced: unsynced as SqlConnection['writeUnsynced'],
    settled,
    // Outside any other transaction: only then can the write-ahead log be emptied as well.
    erase: async (...steps) => {
      await uncopied();
      return readNow(() =>
        waiting(client, () => {
          if (fence.reason() !== undefined) throw new StoreUnavailableError(fence.reason());
          const results = allTogether.immediate(needed(steps));
          emptyLog(client);
          return results;
        }),
      ).catch(unlessNotMet);
    },
    lookup: (statement, key) => {
      const rows = rowCaches.of((value) => first(run(statement.with({ [key]: value })).rows));
      return { find: (value) => readNow(() => rows.find(value)), forget: () => rows.forget() };
    },
    // The event loop stands still for a write: of a large table, a thousand rows are some 30 ms.
    mostRows: 100,
    oneAtATime: () => [],
    close: async () => {
      await drain();
      await readNow(() => {
        client.close();
      });
    },
  };
};
