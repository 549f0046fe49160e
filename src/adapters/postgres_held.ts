// A database of Postgres for who copies or ends everything in it, while no node is running on it.
import { getTableName } from 'drizzle-orm';
import type { ClientBase } from 'pg';
import { OperatorError } from '../errors.ts';
import { connectPostgres } from './postgres_connection.ts';
import { openPostgresDatabase } from './postgres_database.ts';
import type { PostgresPool } from './postgres_pool.ts';
import { postgresTables } from './postgres_tables.ts';
import { readPostgresUrl } from './postgres_url.ts';
import type { SqlConnection } from './sql_connection.ts';

export interface HeldPostgres {
  readonly name: string;
  readonly connection: SqlConnection;
  /** @throws {OperatorError} when another session has the same role. */
  assertAlone(): Promise<void>;
  /** Ids that came from elsewhere are not given out again. */
  countOn(): Promise<void>;
}

/** One session: whoever else has one is another process. */
const options = { connections: 1, patienceSeconds: 600 };

/** Sessions of other roles are those of people and of monitoring. */
const others = `select count(*)::int, pg_backend_pid() from pg_stat_activity
  where datname = current_database() and usename = current_user and pid <> pg_backend_pid()`;

const counted = [postgresTables.auditEvent, postgresTables.revokedTurns, postgresTables.revocationMark].map((table) =>
  getTableName(table),
);

/** The types do not know it: whom the server said that the driver is connected to. */
type Session = ClientBase & { readonly processID: number | null };

const assertAloneOn = async (pool: PostgresPool, name: string): Promise<void> => {
  const { count, isDirect } = await pool.run(async (session) => {
    const { rows } = await session.query<[number, number]>({ text: others, rowMode: 'array' });
    return { count: rows[0]?.[0], isDirect: rows[0]?.[1] === (session as Session).processID };
  });
  if (!isDirect)
    throw new OperatorError(
      `The database ${name} is behind a pooler, which hides who else uses it. Name the server itself in the URL for this command.`,
    );
  if (count !== 0)
    throw new OperatorError(
      `The database ${name} is in use: its role has other sessions. Stop every node, and whatever else is connected as this role, and try again.`,
    );
};

/** @param url - postgres://... @throws {OperatorError} when it cannot be opened, or is in use. */
export const holdPostgres = async (url: string): Promise<HeldPostgres> => {
  const name = readPostgresUrl(url).label;
  const pool = await openPostgresDatabase(url, options);
  const assertAlone = (): Promise<void> => assertAloneOn(pool, name);
  try {
    await assertAlone();
  } catch (error) {
    await pool.close();
    throw error;
  }
  return {
    name,
    connection: connectPostgres(pool),
    assertAlone,
    countOn: async () => {
      for (const table of counted)
        await pool.run((session) =>
          session.query(
            `select setval(pg_get_serial_sequence('${table}', 'id'), (select coalesce(max(id), 0) + 1 from ${table}), false)`,
          ),
        );
    },
  };
};
