import type { SQL } from 'drizzle-orm';
import { PgDialect, type PgTable, getTableConfig as readPostgresTable } from 'drizzle-orm/pg-core';
import { getTableConfig as readSqliteTable, SQLiteSyncDialect, type SQLiteTable } from 'drizzle-orm/sqlite-core';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { postgresTables } from '../../src/adapters/postgres_tables.ts';
import { sqliteTables } from '../../src/adapters/sql_tables.ts';

type Rows<Tables extends Record<string, { readonly $inferSelect: object }>> = {
  [Name in keyof Tables]: Tables[Name]['$inferSelect'];
};
type Names<Tables extends Record<string, { readonly _: { readonly name: string } }>> = {
  [Name in keyof Tables]: Tables[Name]['_']['name'];
};

const postgresDialect = new PgDialect();
const sqliteDialect = new SQLiteSyncDialect();

/** What they are to agree on, in one form. A whole number as primary key has a default in SQLite, wanted or not. */
const inOneForm = (
  {
    name,
    columns,
    indexes,
    primaryKeys,
    uniqueConstraints,
    foreignKeys,
  }: ReturnType<typeof readPostgresTable> | ReturnType<typeof readSqliteTable>,
  textOf: (condition: SQL) => string,
) => ({
  name,
  columns: columns.map((column) => ({
    name: column.name,
    notNull: column.notNull,
    hasDefault: !column.primary && column.hasDefault,
    primary: column.primary,
    unique: column.isUnique,
  })),
  indexes: indexes.map(({ config }) => ({
    name: config.name,
    columns: config.columns.map((column) => 'name' in column && column.name),
    unique: config.unique,
    where: config.where && textOf(config.where),
  })),
  primaryKeys: primaryKeys.map((key) => key.columns.map((column) => column.name)),
  uniques: uniqueConstraints.map((unique) => unique.columns.map((column) => column.name)),
  foreignKeys: foreignKeys.length,
});

const ofPostgres = (table: PgTable) =>
  inOneForm(readPostgresTable(table), (condition) => postgresDialect.sqlToQuery(condition).sql);

const ofSqlite = (table: SQLiteTable) =>
  inOneForm(readSqliteTable(table), (condition) => sqliteDialect.sqlToQuery(condition).sql);

describe('the tables of Postgres are those of SQLite', () => {
  test('to the type of every row, and to the name: the compiler holds it', () => {
    expectTypeOf<Rows<typeof postgresTables>>().toEqualTypeOf<Rows<typeof sqliteTables>>();
    expectTypeOf<Names<typeof postgresTables>>().toEqualTypeOf<Names<typeof sqliteTables>>();
  });

  test.each(Object.keys(sqliteTables) as (keyof typeof sqliteTables)[])(
    '%s, with its columns, keys and indexes',
    (name) => {
      expect(ofPostgres(postgresTables[name])).toEqual(ofSqlite(sqliteTables[name]));
    },
  );
});
