// KeySetReaderStore on better-sqlite3: a row for each kind of reader and each key it is known to have.
import { asc, sql } from 'drizzle-orm';
import type { KeySetReader, KeySetReaderStore } from '../seams/key_set_reader_store.ts';
import type { SqliteConnection } from './better_sqlite3_connection.ts';
import type { SqliteDatabase } from './better_sqlite3_database.ts';
import { keySetReader } from './sqlite_schema.ts';

const readersOf = (database: SqliteDatabase): Set<string> =>
  new Set(
    database
      .selectDistinct({ reader: keySetReader.reader })
      .from(keySetReader)
      .all()
      .map(({ reader }) => reader),
  );

const add = (database: SqliteDatabase, read: KeySetReader): void => {
  database
    .insert(keySetReader)
    .values(read)
    .onConflictDoUpdate({
      target: [keySetReader.reader, keySetReader.kid],
      set: {
        fetches: sql`${keySetReader.fetches} + excluded.fetches`,
        firstAt: sql`min(${keySetReader.firstAt}, excluded.first_at)`,
        lastAt: sql`max(${keySetReader.lastAt}, excluded.last_at)`,
      },
    })
    .run();
};

export const createBetterSqlite3KeySetReaders = ({ database, read, write }: SqliteConnection): KeySetReaderStore => ({
  addKeySetReads: (reads, mostReaders, others) =>
    write(() => {
      const known = readersOf(database);
      for (const counted of reads) {
        if (counted.reader !== others && known.size < mostReaders) known.add(counted.reader);
        add(database, known.has(counted.reader) ? counted : { ...counted, reader: others });
      }
    }),
  listKeySetReaders: () =>
    read(() => database.select().from(keySetReader).orderBy(asc(keySetReader.reader), asc(keySetReader.kid)).all()),
});
