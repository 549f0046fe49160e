// Whether a password that somebody proved is still the one there is.
import type { SQL } from 'drizzle-orm';
import { holdsNumber } from './sql_statement.ts';
import type { SqlTables } from './sql_tables.ts';

/** Of the value `passwordChangedAt`, as it was read with the hash that was proved. */
export const isProvedPassword = ({ endUser }: SqlTables): SQL =>
  holdsNumber(endUser.passwordChangedAt, 'passwordChangedAt');
