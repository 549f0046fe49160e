// `keyturn backup`: a consistent copy of the database, taken while the server runs.
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { backUpSqlite } from '../adapters/better_sqlite3_files.ts';
import { readConfig } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { instant } from './instants.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';
import { databaseFileOf } from './with_store.ts';

export const backUp = (target: string, options: AnswerOptions, terminal: Terminal): void => {
  const database = databaseFileOf(readConfig(terminal.environment));
  if (!existsSync(database))
    throw new OperatorError(`There is no database at ${database}. Name the right file in KEYTURN_DATABASE_URL.`);
  const file = resolve(target);
  // Taken first: what comes while the copy is made may or may not be in it.
  const at = terminal.clock.now();
  backUpSqlite(database, file, at);
  const { size } = statSync(file);
  const words = `Backed ${database} up to ${file}, as of ${instant(at)}: ${size} bytes, mode 0600, read through and sound. The key-encryption keys are not in it; keep them elsewhere.`;
  answer(terminal, options, { database, backup: file, backup_at: at, bytes: size }, words);
};
