// KeySetReaderStore in SQL: a row for each kind of reader and each key it is known to have.
import { asc, sql } from 'drizzle-orm';
import type { KeySetReaderStore } from '../seams/key_set_reader_store.ts';
import type { SqlConnection } from './sql_connection.ts';
import { givenNumber, givenText, greater, lesser, prepare, prepareText } from './sql_statement.ts';

/** Counts a reader as another once there are as many as there may be, and it is none of them. */
const prepareAdd = (connection: SqlConnection) => {
  const { keySetReader } = connection.tables;
  const [reader, others] = [givenText('reader'), givenText('others')];
  const isKnown = sql`exists (select 1 from ${keySetReader} where ${keySetReader.reader} = ${reader})`;
  const known = sql`(select count(distinct ${keySetReader.reader}) from ${keySetReader})`;
  return prepareText(
    connection,
    sql`insert into ${keySetReader} (reader, kid, fetches, first_at, last_at)
      select case when ${isKnown} or ${known} < ${givenNumber('mostReaders')} then ${reader} else ${others} end,
        ${givenText('kid')}, ${givenNumber('fetches')}, ${givenNumber('firstAt')}, ${givenNumber('lastAt')}
      where true
      on conflict (reader, kid) do update set
        fetches = ${keySetReader.fetches} + excluded.fetches,
        first_at = ${lesser(keySetReader.firstAt, sql`excluded.first_at`)},
        last_at = ${greater(keySetReader.lastAt, sql`excluded.last_at`)}`,
  );
};

export const createSqlKeySetReaders = (connection: SqlConnection): KeySetReaderStore => {
  const { database, tables, read, write, oneAtATime } = connection;
  const { keySetReader } = tables;
  const list = prepare(database.select().from(keySetReader).orderBy(asc(keySetReader.reader), asc(keySetReader.kid)));
  const add = prepareAdd(connection);
  return {
    addKeySetReads: async (reads, mostReaders, others) => {
      if (reads.length === 0) return;
      const added = reads.map((counted) => add.with({ ...counted, mostReaders, others }));
      await write(...oneAtATime('key_set_readers'), ...added);
    },
    listKeySetReaders: () => read(list.with()),
  };
};
