// Whether others on this machine can touch the database: doctor tells it, and every start of the server.
import { statSync } from 'node:fs';
import { isPostgresUrl, sqliteFileOf } from '../adapters/database_url.ts';
import type { Config } from '../config.ts';
import type { Log } from '../seams/log.ts';

/** SQLite gives what it makes beside a file the mode that the file had then. */
const companions = ['', '-wal', '-shm'];

const [groupAndOthers, writing] = [0o077, 0o022];

/** @returns what others can do, and what to run; undefined where they can do nothing. */
export const openDatabaseComplaint = (file: string): string | undefined => {
  const open = companions
    .map((suffix) => (statSync(file + suffix, { throwIfNoEntry: false })?.mode ?? 0) & groupAndOthers)
    .reduce((all, mode) => all | mode, 0);
  if (open === 0) return undefined;
  const can = (open & writing) === 0 ? 'read' : 'change';
  return `others on this machine can ${can} the database ${file}. Run: chmod 600 ${file}*`;
};

/** Unlike a ring, it is served: what is secret in it is hashed or wrapped, and some volumes give every file to a group. */
export const warnOfOpenDatabase = ({ databaseUrl }: Config, log: Log): void => {
  const complaint = isPostgresUrl(databaseUrl) ? undefined : openDatabaseComplaint(sqliteFileOf(databaseUrl));
  if (complaint !== undefined) log.warn({}, complaint);
};
