// Whether a password that somebody proved is still the one there is.
import { type SQL, sql } from 'drizzle-orm';
import { givenNumber } from './sql_statement.ts';
import type { SqlTables } from './sql_tables.ts';

/** Of the value `passwordChangedAt`, as it was read with the hash that was proved. */
export const isProvedPassword = ({ endUser }: SqlTables): SQL =>
  // Null means none was set, and equals nothing.
  sql`coalesce(${endUser.passwordChangedAt}, -1) = coalesce(${givenNumber('passwordChangedAt')}, -1)`;
