// KeyEventStore in SQL. Append-only: nothing here changes or deletes an entry.
import { asc, getTableColumns, gte, sql } from 'drizzle-orm';
import type { KeyEventStore } from '../seams/key_event_store.ts';
import type { SqlConnection } from './sql_connection.ts';
import { placeholders, prepare } from './sql_statement.ts';

export const createSqlKeyEvents = ({ database, tables, read, write, settled }: SqlConnection): KeyEventStore => {
  const { keyEvent } = tables;
  const from = prepare(
    database
      .select()
      .from(keyEvent)
      .where(gte(keyEvent.seq, sql.placeholder('seq')))
      .orderBy(asc(keyEvent.seq)),
  );
  const append = prepare(
    database
      .insert(keyEvent)
      .values(placeholders(getTableColumns(keyEvent)))
      .onConflictDoNothing(),
  );
  return {
    readKeyEvents: async (seq) => {
      const events = await read(from.with({ seq }));
      // They are published, and no other may ever stand in their place.
      if (events.length > 0) await settled?.();
      return events;
    },
    appendKeyEvents: async (events) => (await write(...events.map((event) => append.must(event)))) !== undefined,
  };
};
