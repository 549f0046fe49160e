// Copies a database to another of any kind, table by table in steps of the primary key, and compares every row afterwards.
// Until all is there the target has a mark by which it is not served.
import { createHash } from 'node:crypto';
import { and, asc, eq, getTableColumns, or, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { OperatorError } from '../errors.ts';
import type { NumericDate } from '../seams/clock.ts';
import { first, type SqlConnection } from './sql_connection.ts';
import { createCopyMark } from './sql_copy_mark.ts';
import { once } from './sql_statement.ts';
import type { SqlTables } from './sql_tables.ts';

/** What is copied, and by what it is found: a table that is added to the schema is added here, or this does not compile. */
const keyColumns = {
  auditEvent: ['id'],
  authorizationCode: ['codeHash'],
  client: ['clientId'],
  consent: ['sub', 'clientId'],
  deniedToken: ['jti'],
  endUser: ['sub'],
  interaction: ['idHash'],
  keyEvent: ['seq'],
  keySetReader: ['reader', 'kid'],
  leasedTurns: ['listId', 'turn'],
  logoutDelivery: ['id'],
  rateLimit: ['key'],
  refreshToken: ['tokenHash'],
  resource: ['resource'],
  revocationMark: ['id'],
  revokedTurns: ['id'],
  session: ['sessionHash'],
  signingKey: ['alg', 'slot'],
  statusList: ['listId'],
  tokenFamily: ['familyId'],
} as const satisfies Readonly<Record<Exclude<keyof SqlTables, 'databaseCopy'>, readonly string[]>>;

type TableName = keyof typeof keyColumns;
type Row = Readonly<Record<string, unknown>>;

// Object.keys forgets the names.
const copiedTables = Object.keys(keyColumns) as readonly TableName[];

/** A hundred rows of the widest table have fewer parameters than any database takes, and a condition that is not too deep. */
const rowsPerStep = 100;

interface TableView {
  readonly after: (last: Row | undefined) => Promise<readonly Row[]>;
  readonly sameAs: (rows: readonly Row[]) => Promise<ReadonlyMap<string, Row>>;
  readonly add: (rows: readonly Row[]) => Promise<void>;
  readonly count: () => Promise<number>;
  readonly removeAll: () => Promise<void>;
  readonly keyOf: (row: Row) => string;
}

/** The table as any table: what is asked of it here holds for all of them. */
const viewTable = ({ database, tables, read, write }: SqlConnection, name: TableName): TableView => {
  const table: SQLiteTable = tables[name];
  const columns: Readonly<Record<string, SQLiteColumn>> = getTableColumns(table);
  const keys = keyColumns[name].flatMap((key) => {
    const column = columns[key];
    return column === undefined ? [] : [{ key, column }];
  });
  const keyOf = (row: Row): string => JSON.stringify(keys.map(({ key }) => row[key]));
  const isRow = (row: Row): SQL | undefined => and(...keys.map(({ key, column }) => eq(column, row[key])));
  /** As one comparison of rows: taken apart, Postgres would go through the index from its beginning at each step. */
  const comesAfter = (last: Row): SQL => {
    const [own, others] = [
      keys.map(({ column }) => column),
      keys.map(({ key, column }) => sql.param(last[key], column)),
    ];
    return sql`(${sql.join(own, sql`, `)}) > (${sql.join(others, sql`, `)})`;
  };
  return {
    keyOf,
    after: (last) =>
      read(
        once(
          database
            .select()
            .from(table)
            .where(last && comesAfter(last))
            .orderBy(...keys.map(({ column }) => asc(column)))
            .limit(rowsPerStep),
        ),
      ),
    sameAs: async (rows) => {
      const found = await read(
        once(
          database
            .select()
            .from(table)
            .where(or(...rows.map(isRow))),
        ),
      );
      return new Map(found.map((row) => [keyOf(row), row]));
    },
    add: async (rows) => {
      await write(once(database.insert(table).values([...rows])));
    },
    count: async () => {
      const counted = await read(once(database.select({ rows: sql<number>`count(*)`.as('rows') }).from(table)));
      return Number(first(counted)?.rows);
    },
    removeAll: async () => {
      await write(once(database.delete(table)));
    },
  };
};

/** The members of objects in the order of their names: databases may keep JSON in an order of their own. */
const ordered = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
    : value;

const canonical = (row: Row): string => JSON.stringify(row, ordered);

const stepsOf = async function* ({ after }: TableView): AsyncGenerator<readonly Row[]> {
  let rows = await after(undefined);
  while (rows.length > 0) {
    yield rows;
    rows = rows.length < rowsPerStep ? [] : await after(rows.at(-1));
  }
};

export interface ComparedTable {
  readonly name: TableName;
  readonly rows: number;
  /** SHA-256 over the rows, in hexadecimal; the same on both sides. */
  readonly sha256: string;
}

const differs = (name: string, what: string): OperatorError =>
  new OperatorError(
    `The copy is not the same: in ${name} ${what}. Something else writes to one of the two. Stop it, and run the copy again.`,
  );

const compareTable = async (from: SqlConnection, to: SqlConnection, name: TableName): Promise<ComparedTable> => {
  const [source, target] = [viewTable(from, name), viewTable(to, name)];
  const hash = createHash('sha256');
  let rows = 0;
  for await (const step of stepsOf(source)) {
    const found = await target.sameAs(step);
    for (const row of step) {
      const copy = found.get(source.keyOf(row));
      if (copy === undefined || canonical(copy) !== canonical(row))
        throw differs(name, `the row ${source.keyOf(row)} ${copy === undefined ? 'is missing' : 'differs'}`);
      hash.update(`${canonical(copy)}\n`);
    }
    rows += step.length;
  }
  const inTarget = await target.count();
  if (inTarget !== rows) throw differs(name, `there are ${inTarget} rows, and ${rows} in the source`);
  return { name, rows, sha256: hash.digest('hex') };
};

const isEmpty = async (connection: SqlConnection): Promise<boolean> => {
  for (const name of copiedTables) if ((await viewTable(connection, name).count()) > 0) return false;
  return true;
};

/** A database as people name it, without a password. */
export interface NamedConnection {
  readonly name: string;
  readonly connection: SqlConnection;
}

/**
 * Marks the target, and empties what an earlier attempt left in it.
 *
 * @throws {OperatorError} when there is anything in it that is not such a rest.
 */
const takeTarget = async (
  from: NamedConnection,
  { name, connection }: NamedConnection,
  at: NumericDate,
): Promise<void> => {
  const mark = createCopyMark(connection);
  const found = await mark.find();
  if (found?.kind !== 'unfinished' && !(await isEmpty(connection))) {
    const left = await createCopyMark(from.connection).find();
    throw new OperatorError(
      left?.kind === 'moved' && left.other === name
        ? `${from.name} was copied to ${name} already, to its end. Serve that one. Nothing was changed.`
        : `${name} is not empty, and nothing is overwritten. Name a new database.`,
    );
  }
  if (found?.kind === 'unfinished' && found.other !== from.name)
    throw new OperatorError(
      `In ${name} there is an unfinished copy of ${found.other}. Finish it, or name a new database.`,
    );
  await mark.put({ kind: 'unfinished', at, other: from.name });
  for (const table of copiedTables) await viewTable(connection, table).removeAll();
};

/**
 * Fills an empty database with all that is in another, and compares them. Both are held against others meanwhile. The mark
 * of the target stays: who called takes it off once nothing can go wrong any more.
 *
 * @throws {OperatorError} when the target has other content, or a row is not the same afterwards.
 */
export const copyDatabase = async (
  from: NamedConnection,
  to: NamedConnection,
  at: NumericDate,
): Promise<readonly ComparedTable[]> => {
  await takeTarget(from, to, at);
  for (const name of copiedTables) {
    const target = viewTable(to.connection, name);
    for await (const rows of stepsOf(viewTable(from.connection, name))) await target.add(rows);
  }
  const compared: ComparedTable[] = [];
  for (const name of copiedTables) compared.push(await compareTable(from.connection, to.connection, name));
  return compared;
};
