// Databases as a copy needs them: held, so that nobody writes to them meanwhile. A kind of database is a line here.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { connect } from '../adapters/better_sqlite3_connection.ts';
import { openSqliteDatabase } from '../adapters/better_sqlite3_database.ts';
import { holdSqliteFile } from '../adapters/better_sqlite3_files.ts';
import type { NamedConnection } from '../adapters/sql_copy.ts';
import { OperatorError } from '../errors.ts';

export interface HeldDatabase extends NamedConnection {
  /** What the database needs after rows came with the numbers they had elsewhere. */
  finish(): Promise<void>;
}

type Part = 'source' | 'target';

const holdFile = (url: string, part: Part): HeldDatabase => {
  const file = resolve(url.slice('file:'.length));
  if (part === 'source' && !existsSync(file)) throw new OperatorError(`There is no database at ${file}.`);
  // Both are of this version's schema before anything is copied.
  openSqliteDatabase(file, { copiesToo: true }).close();
  const connection = connect(holdSqliteFile(file));
  return { name: `file:${file}`, connection, finish: async () => undefined };
};

const kinds: Readonly<Record<string, (url: string, part: Part) => Promise<HeldDatabase> | HeldDatabase>> = {
  'file:': holdFile,
};

/** @throws {OperatorError} when it is of no kind there is, in use, or a source that is not there. */
export const holdDatabase = async (url: string, part: Part): Promise<HeldDatabase> => {
  const hold = Object.entries(kinds).find(([scheme]) => url.startsWith(scheme))?.[1];
  if (hold === undefined || url.endsWith(':'))
    throw new OperatorError(
      `--${part === 'source' ? 'from' : 'to'} names no database that can be copied; expected ${Object.keys(kinds).join(' or ')} and what follows it, as in KEYTURN_DATABASE_URL.`,
    );
  return hold(url, part);
};
