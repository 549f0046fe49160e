// Rows a write leans on, held against whoever would end them meanwhile. Only where writes run beside each other does it
// take anything: there it holds in the order of this page, and whoever ends one of them changes it before it looks at
// what hangs on it.
import { eq, sql } from 'drizzle-orm';
import type { SqlConnection } from './sql_connection.ts';
import { prepare, type Step } from './sql_statement.ts';

const one = { one: sql`1` };
const share = { locks: 'share', locksOnly: true } as const;

export interface Holds {
  user(sub: string): Step;
  session(sid: string): Step;
  client(clientId: string): Step;
  family(familyId: string): Step;
}

export const createHolds = ({ database, tables }: SqlConnection): Holds => {
  const { client, endUser, session, tokenFamily } = tables;
  const user = prepare(
    database
      .select(one)
      .from(endUser)
      .where(eq(endUser.sub, sql.placeholder('sub'))),
    share,
  );
  const ofSession = prepare(
    database
      .select(one)
      .from(session)
      .where(eq(session.sid, sql.placeholder('sid'))),
    share,
  );
  const ofClient = prepare(
    database
      .select(one)
      .from(client)
      .where(eq(client.clientId, sql.placeholder('clientId'))),
    share,
  );
  const ofFamily = prepare(
    database
      .select(one)
      .from(tokenFamily)
      .where(eq(tokenFamily.familyId, sql.placeholder('familyId'))),
    share,
  );
  return {
    user: (sub) => user.with({ sub }),
    session: (sid) => ofSession.with({ sid }),
    client: (clientId) => ofClient.with({ clientId }),
    family: (familyId) => ofFamily.with({ familyId }),
  };
};
