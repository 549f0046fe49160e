// Rows a write leans on, held against whoever would end them meanwhile. Only where writes run beside each other does it
// take anything: there it holds in the order of this page, and whoever ends one of them changes it before it looks at
// what hangs on it.
import { eq, sql } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { SqlConnection } from './sql_connection.ts';
import { one, prepare, type Step } from './sql_statement.ts';

const share = { locks: 'share', locksOnly: true } as const;

export interface Holds {
  user(sub: string): Step;
  session(sid: string): Step;
  client(clientId: string): Step;
  family(familyId: string): Step;
}

export const createHolds = ({ database, tables }: SqlConnection): Holds => {
  const { client, endUser, session, tokenFamily } = tables;
  const holding = (table: SQLiteTable, column: SQLiteColumn): ((key: string) => Step) => {
    const statement = prepare(
      database
        .select(one)
        .from(table)
        .where(eq(column, sql.placeholder('key'))),
      share,
    );
    return (key) => statement.with({ key });
  };
  return {
    user: holding(endUser, endUser.sub),
    session: holding(session, session.sid),
    client: holding(client, client.clientId),
    family: holding(tokenFamily, tokenFamily.familyId),
  };
};
