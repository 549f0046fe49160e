// `keyturn backup`: a consistent copy of the database, taken while the server runs.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { backUpSqlite } from '../adapters/better_sqlite3_files.ts';
import { isPostgresUrl, sqliteFileOf } from '../adapters/database_url.ts';
import { assertNotLost } from '../adapters/lost_database.ts';
import { isMissing } from '../adapters/regular_file.ts';
import { readConfig } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { instant } from './instants.ts';
import { assertNotRemote } from './remote.ts';
import { type AnswerOptions, answer, type Terminal } from './terminal.ts';

export const backUp = (target: string, options: AnswerOptions, terminal: Terminal): void => {
  const config = readConfig(terminal.environment);
  assertNotRemote(config, 'backup');
  if (isPostgresUrl(config.databaseUrl))
    throw new OperatorError(
      'Postgres is backed up with its own tools: pg_dump, or snapshots and archived logs. After putting one back run "npx keyturn restore --in-place".',
    );
  const database = sqliteFileOf(config.databaseUrl);
  assertNotLost(database, config);
  if (isMissing(database))
    throw new OperatorError(`There is no database at ${database}. Name the right file in KEYTURN_DATABASE_URL.`);
  const file = resolve(target);
  // Taken first: what comes while the copy is made may or may not be in it.
  const at = terminal.clock.now();
  backUpSqlite(database, file, at);
  const { size } = statSync(file);
  const words = `Backed ${database} up to ${file}, as of ${instant(at)}: ${size} bytes, mode 0600, read through and sound. The key-encryption keys are not in it; keep them elsewhere.`;
  answer(terminal, options, { database, backup: file, backup_at: at, bytes: size }, words);
};
