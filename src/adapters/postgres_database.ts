// Opens a database of Postgres: proved, migrated, or refused in words that say what to do.
import pg from 'pg';
import { openError } from './postgres_errors.ts';
import { migrateMilliseconds, migratePostgres, migrationState } from './postgres_migrations.ts';
import { createPostgresPool, type PoolOptions, type PostgresPool } from './postgres_pool.ts';
import { proveSession, proveTransaction } from './postgres_session.ts';
import { connectionOf, type PostgresAddress, readPostgresUrl } from './postgres_url.ts';

const connectMilliseconds = 5000;

/** One session that takes its time, and is closed. @throws {OperatorError} when there is none, or `work` fails in it. */
const withSession = async <Result>(
  address: PostgresAddress,
  work: (session: pg.ClientBase) => Promise<Result>,
): Promise<Result> => {
  const session = new pg.Client({
    ...connectionOf(address),
    connectionTimeoutMillis: connectMilliseconds,
    statement_timeout: migrateMilliseconds,
    lock_timeout: migrateMilliseconds,
    idle_in_transaction_session_timeout: migrateMilliseconds,
    query_timeout: migrateMilliseconds,
  });
  session.on('error', () => undefined);
  try {
    await session.connect();
    await proveSession(session, address.label, connectMilliseconds);
    await proveTransaction(session);
    return await work(session);
  } catch (error) {
    throw openError(address.label, error);
  } finally {
    await session.end();
  }
};

/**
 * @param url - postgres://...
 * @throws {OperatorError} when it cannot be opened, or does not keep what it confirms.
 */
export const openPostgresDatabase = async (url: string, options: PoolOptions): Promise<PostgresPool> => {
  const address = readPostgresUrl(url);
  await withSession(address, migratePostgres);
  return createPostgresPool(address, options);
};

export interface PostgresInspection {
  /** For people: never with the password. */
  readonly label: string;
  readonly version: string;
  /** No node was ever started on it. */
  readonly isEmpty: boolean;
  /** Migrations the next start will apply. */
  readonly pendingMigrations: number;
  /** What the administrator of the server may want to change. */
  readonly advice: readonly string[];
}

const settingsQuestion = `select current_setting('server_version'), current_setting('fsync'),
  current_setting('full_page_writes'), has_schema_privilege('public', current_schema(), 'CREATE'),
  (select not pg_has_role(tableowner, 'USAGE') from pg_tables where schemaname = current_schema() and tablename = 'signing_key')`;

const adviceOn = (
  [, fsync, fullPageWrites, isSchemaOpen, areTablesOfAnother]: readonly unknown[],
  { tls, host }: PostgresAddress,
): readonly string[] => [
  ...(fsync === 'off' ? ['fsync is off: a crash of the server loses everything. Turn it on.'] : []),
  ...(fullPageWrites === 'off' ? ['full_page_writes is off: a crash may tear pages. Turn it on.'] : []),
  ...(isSchemaOpen === true
    ? ['Every user of the database may make tables in the schema. Run: REVOKE CREATE ON SCHEMA public FROM PUBLIC']
    : []),
  ...(areTablesOfAnother === true
    ? [
        "The tables are another user's, who says what may be written; a migration cannot change them. Name that user, or make this one their owner: ALTER TABLE NAME OWNER TO USER.",
      ]
    : []),
  ...(tls === false && !/^(?:\/|localhost$|127\.|::1$)/.test(host)
    ? ['The connection is not encrypted. Add ?sslmode=verify-full where the way to the server is not private.']
    : []),
];

/**
 * Looks, and changes nothing.
 *
 * @throws {OperatorError} when it cannot be opened.
 */
export const inspectPostgresDatabase = (url: string): Promise<PostgresInspection> => {
  const address = readPostgresUrl(url);
  return withSession(address, async (session) => {
    const { rows } = await session.query<unknown[]>({ text: settingsQuestion, rowMode: 'array' });
    const [settings = []] = rows;
    const { isEmpty, pending } = await migrationState(session);
    return {
      label: address.label,
      version: String(settings[0]),
      isEmpty,
      pendingMigrations: pending,
      advice: adviceOn(settings, address),
    };
  });
};
