// What ends tokens writes here, in its own write: marks for the feed, and the places of status lists. To be called inside
// a write; which tokens there are is read from the rows the write is about to change.
import { and, eq, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import type { NumericDate } from '../seams/clock.ts';
import type { MarkKind } from '../seams/revocation_store.ts';
import type { SqliteDatabase } from './better_sqlite3_database.ts';
import { leasedTurns, revocationMark, revokedTurns, statusList } from './sqlite_revocation_schema.ts';
import { client, refreshToken, tokenFamily } from './sqlite_schema.ts';

const nonce = sql<string>`lower(hex(randomblob(6)))`;

export const addMark = (
  database: SqliteDatabase,
  kind: MarkKind,
  value: string,
  markedAt: NumericDate,
  notBefore: NumericDate | null = null,
): void => {
  database.insert(revocationMark).values({ nonce, kind, value, notBefore, markedAt }).run();
};

/** Marks the families that `which` selects and revokes the places of their access tokens, spent refreshes' too. */
export const revokeFamilies = (database: SqliteDatabase, which: SQL | undefined, at: NumericDate): void => {
  database.run(
    sql`insert into ${revocationMark} (nonce, kind, value, marked_at)
      select ${nonce}, 'family_id', family_id, ${at} from ${tokenFamily} where ${which}`,
  );
  database.run(
    sql`insert into ${revokedTurns} (list_id, turn, count)
      select ${tokenFamily.listId}, ${tokenFamily.turn}, 1 from ${tokenFamily}
      join ${statusList} on ${statusList.listId} = ${tokenFamily.listId}
      where ${which}`,
  );
  database.run(
    sql`insert into ${revokedTurns} (list_id, turn, count)
      select ${refreshToken.listId}, ${refreshToken.turn}, 1 from ${tokenFamily}
      join ${refreshToken} on ${refreshToken.familyId} = ${tokenFamily.familyId}
      join ${statusList} on ${statusList.listId} = ${refreshToken.listId}
      where ${which}`,
  );
};

/** Marks a session, unless it left families behind that go on without it. To be called after its families have ended. */
export const markSession = (database: SqliteDatabase, sid: string, at: NumericDate): void => {
  const goingOn = database
    .select({ familyId: tokenFamily.familyId })
    .from(tokenFamily)
    .where(and(eq(tokenFamily.sid, sid), isNull(tokenFamily.endedAt)))
    .limit(1)
    .get();
  if (goingOn === undefined) addMark(database, 'sid', sid, at);
};

/** After every earlier mark of the client, so that no two are alike and what is issued in between is told from both. */
const notBeforeOf = (database: SqliteDatabase, clientId: string, at: NumericDate): NumericDate => {
  const found = database
    .select({ before: client.tokensNotBefore })
    .from(client)
    .where(and(eq(client.clientId, clientId), isNotNull(client.tokensNotBefore)))
    .get();
  return Math.max(at, (found?.before ?? -1) + 1);
};

/** Marks a client and revokes every turn that was leased to it, whoever its tokens are for. */
export const revokeTokensOfClient = (database: SqliteDatabase, clientId: string, at: NumericDate): void => {
  const notBefore = notBeforeOf(database, clientId, at);
  database.update(client).set({ tokensNotBefore: notBefore }).where(eq(client.clientId, clientId)).run();
  addMark(database, 'client_id', clientId, at, notBefore);
  database.run(
    sql`insert into ${revokedTurns} (list_id, turn, count)
      select list_id, turn, count from ${leasedTurns} where ${leasedTurns.clientId} = ${clientId}`,
  );
};
