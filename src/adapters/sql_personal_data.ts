// All that is kept of one end-user: read together for whoever asks for it, removed together with them.
import { asc, eq, getTableColumns, inArray, sql } from 'drizzle-orm';
import type { UserStore } from '../seams/user_store.ts';
import type { SqlConnection } from './sql_connection.ts';
import { familyColumnsOf } from './sql_families.ts';
import { prepare, type Step } from './sql_statement.ts';

export const createReadPersonalData = ({
  database,
  tables,
  readTogether,
}: SqlConnection): UserStore['readPersonalData'] => {
  const { auditEvent, consent, endUser, session, tokenFamily } = tables;
  const sub = sql.placeholder('sub');
  const { id, ...eventColumns } = getTableColumns(auditEvent);
  const ofUser = prepare(database.select().from(endUser).where(eq(endUser.sub, sub)));
  const sessionsOf = prepare(
    database.select().from(session).where(eq(session.sub, sub)).orderBy(asc(session.authTime)),
  );
  const consentsOf = prepare(
    database.select().from(consent).where(eq(consent.sub, sub)).orderBy(asc(consent.clientId)),
  );
  const familiesOf = prepare(
    database
      .select(familyColumnsOf(tables))
      .from(tokenFamily)
      .where(eq(tokenFamily.sub, sub))
      .orderBy(asc(tokenFamily.createdAt)),
  );
  const eventsOf = prepare(
    database.select(eventColumns).from(auditEvent).where(eq(auditEvent.sub, sub)).orderBy(asc(id)),
  );
  return async (whose) => {
    const values = { sub: whose };
    const [[user], sessions, consents, families, auditEvents] = await readTogether(
      ofUser.with(values),
      sessionsOf.with(values),
      consentsOf.with(values),
      familiesOf.with(values),
      eventsOf.with(values),
    );
    return user && { user, sessions, consents, families, auditEvents };
  };
};

/** The steps that remove everything personal but the end-user's own row; what happened stays, without the address. */
export const prepareRemoveAllOf = ({ database, tables }: SqlConnection) => {
  const { auditEvent, authorizationCode, consent, refreshToken, session, tokenFamily } = tables;
  const sub = sql.placeholder('sub');
  const families = database
    .select({ familyId: tokenFamily.familyId })
    .from(tokenFamily)
    .where(eq(tokenFamily.sub, sub));
  const statements = [
    prepare(database.delete(refreshToken).where(inArray(refreshToken.familyId, families))),
    prepare(database.delete(tokenFamily).where(eq(tokenFamily.sub, sub))),
    prepare(database.delete(authorizationCode).where(eq(authorizationCode.sub, sub))),
    prepare(database.delete(consent).where(eq(consent.sub, sub))),
    prepare(database.delete(session).where(eq(session.sub, sub))),
    prepare(database.update(auditEvent).set({ address: null }).where(eq(auditEvent.sub, sub))),
  ];
  return (whose: string): readonly Step[] => statements.map((statement) => statement.with({ sub: whose }));
};
