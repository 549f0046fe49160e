// The mark that keeps a copy of a database from being served, on any database: what it says to people, and how it is
// read, put and taken off.
import { eq, getTableColumns, sql } from 'drizzle-orm';
import { OperatorError } from '../errors.ts';
import type { DatabaseCopy } from '../seams/database_copy.ts';
import { first, type SqlConnection } from './sql_connection.ts';
import { placeholders, prepare } from './sql_statement.ts';

const theRow = 1;

const instant = (at: number): string => new Date(at * 1000).toISOString().replace('.000Z', 'Z');

/** @param name - the marked database, for people. */
export const refusalOf = (name: string, { kind, at, other }: DatabaseCopy): OperatorError => {
  const made = instant(at);
  if (kind === 'backup')
    return new OperatorError(
      `${name} is a backup, made ${made}. Served as it is, it would revive what ended since. Put it in place with "npx keyturn restore".`,
    );
  if (kind === 'unfinished')
    return new OperatorError(
      `${name} is a copy of ${other ?? 'another database'} that did not come to its end. Run "npx keyturn copy" again with the same --from and --to: it begins anew.`,
    );
  return new OperatorError(
    `${name} was copied to ${other ?? 'another database'}, ${made}, which is served now. What was spent there since is unspent here. To go back, copy that one to a new database.`,
  );
};

export interface CopyMark {
  find(): Promise<DatabaseCopy | undefined>;
  /** Marks the database, whatever mark it had. */
  put(mark: DatabaseCopy): Promise<void>;
  takeOff(): Promise<void>;
}

export const createCopyMark = ({ database, tables, read, write }: SqlConnection): CopyMark => {
  const { databaseCopy } = tables;
  const { id, ...columns } = getTableColumns(databaseCopy);
  const found = prepare(
    database
      .select(columns)
      .from(databaseCopy)
      .where(eq(id, sql`${theRow}`)),
  );
  const remove = prepare(database.delete(databaseCopy));
  const add = prepare(database.insert(databaseCopy).values({ ...placeholders(columns), id: theRow }));
  return {
    find: async () => first(await read(found.with())),
    put: async (mark) => {
      await write(remove.with(), add.with(mark));
    },
    takeOff: async () => {
      await write(remove.with());
    },
  };
};
