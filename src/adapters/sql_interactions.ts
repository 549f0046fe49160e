// Authorization requests that wait for the end-user, in SQL.
import { eq, getTableColumns, sql } from 'drizzle-orm';
import type { SessionStore } from '../seams/session_store.ts';
import { first, type SqlConnection } from './sql_connection.ts';
import { given, placeholders, prepare } from './sql_statement.ts';

type InteractionVerb = 'addInteraction' | 'findInteraction' | 'markInteraction' | 'removeInteraction';

export const createSqlInteractions = ({
  database,
  tables,
  read,
  write,
}: SqlConnection): Pick<SessionStore, InteractionVerb> => {
  const { interaction } = tables;
  const named = eq(interaction.idHash, sql.placeholder('idHash'));
  const add = prepare(database.insert(interaction).values(placeholders(getTableColumns(interaction))));
  const find = prepare(database.select().from(interaction).where(named));
  const remove = prepare(database.delete(interaction).where(named));
  const marks = {
    accountChosenAt: prepare(
      database
        .update(interaction)
        .set({ accountChosenAt: given('at') })
        .where(named),
    ),
    consentedAt: prepare(
      database
        .update(interaction)
        .set({ consentedAt: given('at') })
        .where(named),
    ),
  };
  return {
    addInteraction: async (added) => {
      await write(add.with(added));
    },
    findInteraction: async (idHash) => first(await read(find.with({ idHash }))),
    markInteraction: async (idHash, mark, at) => {
      await write(marks[mark].with({ idHash, at }));
    },
    removeInteraction: async (idHash) => (await write(remove.must({ idHash }))) !== undefined,
  };
};
