// SQL as Postgres takes it, built by the repository that is typed for SQLite.
import { sql } from 'drizzle-orm';
import { PgDatabase, PgDialect, type PgSession } from 'drizzle-orm/pg-core';
import { postgresTables } from './postgres_tables.ts';
import type { SqlDialect, StatementBuilder } from './sql_statement.ts';
import type { SqlTables } from './sql_tables.ts';

const dialect = new PgDialect({ casing: 'snake_case' });

/** As `buildingSession` of SQLite; the builder of Postgres also hands each query a token. */
const session = {
  prepareQuery: (query: unknown, fields: unknown) => {
    const built = { query, fields, setToken: () => built };
    return built;
  },
} as unknown as PgSession;

type RowsOf<Tables extends Readonly<Record<string, { readonly $inferSelect: object }>>> = {
  readonly [Name in keyof Tables]: Tables[Name]['$inferSelect'];
};
type NamesOf<Tables extends Readonly<Record<string, { readonly _: { readonly name: string } }>>> = {
  readonly [Name in keyof Tables]: Tables[Name]['_']['name'];
};
type Equal<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;

/** What the casts below rest on: names and rows are equal. It does not compile where they are not. */
const areEqual: Equal<RowsOf<typeof postgresTables>, RowsOf<SqlTables>> &
  Equal<NamesOf<typeof postgresTables>, NamesOf<SqlTables>> = true;

/** The words that both builders know are those that the repository uses; the contracts of the stores hold it. */
export const postgresDialect: SqlDialect & { readonly areEqual: true } = {
  areEqual,
  database: new PgDatabase(dialect, session, undefined) as unknown as StatementBuilder,
  tables: postgresTables as unknown as SqlTables,
  compile: (text) => dialect.sqlToQuery(text),
};

/** NumericDate, by the clock of the server. */
export const databaseClock = sql<number>`floor(extract(epoch from clock_timestamp()))::bigint`;
