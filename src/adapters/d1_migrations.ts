// Which migrations a D1 database lacks. wrangler applies them, not the Worker, which may be deployed before they are.
import { sql } from 'drizzle-orm';
import type { Clock } from '../seams/clock.ts';
import type { StoreSchema } from '../seams/store_schema.ts';
import { connectD1, type D1Binding } from './d1_connection.ts';
import { once } from './sql_statement.ts';
import { sqliteDialect } from './sqlite_dialect.ts';

/** What each migration adds, a table, an index or a column, by which it is seen however it was applied. */
const added: Readonly<Record<string, string>> = {
  '0000_keys_clients_resources': 'signing_key',
  '0001_people': 'end_user',
  '0002_spent_codes': 'authorization_code_spent_family_id',
  '0003_key_history': 'key_event',
  '0004_revocation': 'status_list',
  '0005_database_copy': 'database_copy',
  '0006_consent_resource_scope': 'consent.resource_scope',
  '0007_refresh_tokens_tell_family': 'token_family.secret_hash',
};

const tablesOfColumns = Object.values(added).flatMap((name) => (name.includes('.') ? name.split('.').slice(0, 1) : []));

const everyName = sqliteDialect.database.select({ name: sql<string>`name`.as('name') }).from(
  sql`(select name from sqlite_schema union all select "table".value || '.' || "column".name
    from json_each(${JSON.stringify(tablesOfColumns)}) "table" join pragma_table_info("table".value) "column")`,
);

const inWords = (missing: readonly string[]): string =>
  `the database lacks the ${missing.length === 1 ? 'migration' : 'migrations'} ${missing.join(', ')}; ` +
  'run: npx wrangler d1 migrations apply keyturn --remote';

/** How long an answer stands: anybody may ask whether a Worker is ready. */
const askAgainSeconds = 1;

/** @param secondsLeft - as connectD1 takes it. */
export const createD1Migrations = (binding: D1Binding, clock: Clock, secondsLeft?: () => number): StoreSchema => {
  const { read } = connectD1(binding, secondsLeft);
  let asked: Promise<string | undefined> | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let isWhole = false;

  const ask = async (): Promise<string | undefined> => {
    const there = new Set((await read(once(everyName))).map(({ name }) => name));
    const missing = Object.keys(added).filter((migration) => !there.has(added[migration] ?? ''));
    isWhole = missing.length === 0;
    return isWhole ? undefined : inWords(missing);
  };

  return {
    lack: async () => {
      if (isWhole) return undefined;
      if (asked === undefined || clock.monotonicSeconds() - askedAt >= askAgainSeconds) {
        askedAt = clock.monotonicSeconds();
        asked = ask();
      }
      return asked;
    },
  };
};
