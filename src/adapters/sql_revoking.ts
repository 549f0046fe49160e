// What ends tokens revokes them here, in its own write: marks for the feed, and the places of status lists. Which tokens
// there are is read from the rows the write is about to change, so these steps come before the ones that change them.
import { randomBytes } from 'node:crypto';
import { and, eq, getTableColumns, isNull, type SQL, sql } from 'drizzle-orm';
import type { NumericDate } from '../seams/clock.ts';
import type { MarkKind } from '../seams/revocation_store.ts';
import type { SqlConnection } from './sql_connection.ts';
import {
  given,
  givenNumber,
  givenText,
  greater,
  one,
  placeholders,
  prepare,
  prepareText,
  type Step,
} from './sql_statement.ts';

/** Random, so that an id of a lost history is not taken for one of this. Marks of one write may share it. */
export const makeNonce = (): string => randomBytes(6).toString('hex');

export interface Revoking {
  mark(kind: MarkKind, value: string, markedAt: NumericDate): readonly Step[];
  /** Marks a session, unless it left families behind that go on without it. Comes after its families have ended. */
  markSession(sid: string, markedAt: NumericDate): readonly Step[];
  /** Marks a client and revokes every turn that was leased to it, whoever its tokens are for. The first step must find it. */
  revokeClient(clientId: string, at: NumericDate): readonly Step[];
}

export const createRevoking = (connection: SqlConnection): Revoking => {
  const { database, tables } = connection;
  const { client, leasedTurns, revocationMark, revokedTurns, tokenFamily } = tables;
  const { id: _, ...markColumns } = getTableColumns(revocationMark);
  const goingOn = database
    .select(one)
    .from(tokenFamily)
    .where(and(eq(tokenFamily.sid, sql.placeholder('sid')), isNull(tokenFamily.endedAt)));
  const named = eq(client.clientId, sql.placeholder('clientId'));
  const statements = {
    mark: prepare(database.insert(revocationMark).values(placeholders(markColumns))),
    markSession: prepareText(
      connection,
      sql`insert into ${revocationMark} (nonce, kind, value, marked_at)
        select ${givenText('nonce')}, 'sid', ${givenText('sid')}, ${givenNumber('at')} where not exists ${goingOn}`,
    ),
    // After every earlier mark of the client, so that no two are alike and what is issued in between is told from both.
    cutOff: prepare(
      database
        .update(client)
        .set({ tokensNotBefore: greater(givenNumber('at'), sql`coalesce(${client.tokensNotBefore}, -1) + 1`) })
        .where(named),
    ),
    markClient: prepareText(
      connection,
      sql`insert into ${revocationMark} (nonce, kind, value, not_before, marked_at)
        select ${givenText('nonce')}, 'client_id', ${client.clientId}, ${client.tokensNotBefore}, ${givenNumber('at')}
        from ${client} where ${named}`,
    ),
    revokeLeased: prepareText(
      connection,
      sql`insert into ${revokedTurns} (list_id, turn, count)
        select list_id, turn, count from ${leasedTurns} where ${leasedTurns.clientId} = ${given('clientId')}`,
    ),
  };
  return {
    mark: (kind, value, markedAt) => [
      statements.mark.with({ nonce: makeNonce(), kind, value, notBefore: null, markedAt }),
    ],
    markSession: (sid, at) => [statements.markSession.with({ nonce: makeNonce(), sid, at })],
    revokeClient: (clientId, at) => {
      const values = { clientId, at, nonce: makeNonce() };
      return [statements.cutOff.must(values), statements.markClient.with(values), statements.revokeLeased.with(values)];
    },
  };
};

/** The steps that mark the families a condition selects and revoke the places of their access tokens, spent refreshes' too. */
export const prepareRevokingOf = (connection: SqlConnection, which: SQL | undefined) => {
  const { tables } = connection;
  const { refreshToken, revocationMark, revokedTurns, statusList, tokenFamily } = tables;
  const statements = [
    prepareText(
      connection,
      sql`insert into ${revocationMark} (nonce, kind, value, marked_at)
        select ${givenText('nonce')}, 'family_id', ${tokenFamily.familyId}, ${givenNumber('at')}
        from ${tokenFamily} where ${which}`,
    ),
    prepareText(
      connection,
      sql`insert into ${revokedTurns} (list_id, turn, count)
        select ${tokenFamily.listId}, ${tokenFamily.turn}, 1 from ${tokenFamily}
        join ${statusList} on ${statusList.listId} = ${tokenFamily.listId}
        where ${which}`,
    ),
    prepareText(
      connection,
      sql`insert into ${revokedTurns} (list_id, turn, count)
        select ${refreshToken.listId}, ${refreshToken.turn}, 1 from ${tokenFamily}
        join ${refreshToken} on ${refreshToken.familyId} = ${tokenFamily.familyId}
        join ${statusList} on ${statusList.listId} = ${refreshToken.listId}
        where ${which}`,
    ),
  ];
  return (values: object, at: NumericDate): readonly Step[] => {
    const all = { ...values, at, nonce: makeNonce() };
    return statements.map((statement) => statement.with(all));
  };
};
