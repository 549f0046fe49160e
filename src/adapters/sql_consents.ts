// What end-users allowed clients, in SQL.
import { and, asc, eq, getTableColumns, isNull, sql } from 'drizzle-orm';
import type { Consent, SessionStore } from '../seams/session_store.ts';
import { StoreUnavailableError } from '../seams/store.ts';
import type { Recording } from './sql_audit.ts';
import { first, type SqlConnection } from './sql_connection.ts';
import { prepareEndFamilies } from './sql_families.ts';
import { givenNumber, placeholders, prepare, prepareText, replacements } from './sql_statement.ts';

type ConsentVerb = 'findConsent' | 'listConsents' | 'saveConsent' | 'withdrawConsent';

const union = (before: readonly string[] | undefined, added: readonly string[]): readonly string[] => [
  ...new Set([...(before ?? []), ...added]),
];

const merge = (before: Consent | undefined, added: Consent): Consent => ({
  ...added,
  scope: union(before?.scope, added.scope),
  claims: union(before?.claims, added.claims),
  resources: union(before?.resources, added.resources),
  resourceScope: union(before?.resourceScope, added.resourceScope),
});

/** More saves of one consent at once than this do not happen. */
const mostAttempts = 20;

const prepareStatements = (connection: SqlConnection) => {
  const { database, tables } = connection;
  const { auditEvent, authorizationCode, consent } = tables;
  const { sub, clientId, ...allowed } = getTableColumns(consent);
  const named = and(eq(sub, sql.placeholder('sub')), eq(clientId, sql.placeholder('clientId')));
  return {
    find: prepare(database.select().from(consent).where(named)),
    list: prepare(
      database
        .select()
        .from(consent)
        .where(eq(sub, sql.placeholder('sub')))
        .orderBy(asc(clientId)),
    ),
    add: prepare(
      database
        .insert(consent)
        .values(placeholders(getTableColumns(consent)))
        .onConflictDoNothing(),
    ),
    replace: prepare(
      database
        .update(consent)
        .set(replacements(allowed))
        .where(
          and(
            named,
            eq(consent.scope, sql.placeholder('scopeBefore')),
            eq(consent.claims, sql.placeholder('claimsBefore')),
            eq(consent.resources, sql.placeholder('resourcesBefore')),
            eq(consent.resourceScope, sql.placeholder('resourceScopeBefore')),
          ),
        ),
    ),
    recordWithdrawal: prepareText(
      connection,
      sql`insert into ${auditEvent} (at, type, sub, client_id, details)
        select ${givenNumber('at')}, 'consent.withdrawn', ${sub}, ${clientId}, '{}' from ${consent} where ${named}`,
    ),
    remove: prepare(database.delete(consent).where(named)),
    removeUnspentCodes: prepare(
      database.delete(authorizationCode).where(
        and(
          eq(authorizationCode.sub, sql.placeholder('sub')),
          eq(authorizationCode.clientId, sql.placeholder('clientId')),
          // A spent code stays, so that its reuse is seen.
          isNull(authorizationCode.usedAt),
        ),
      ),
    ),
  };
};

/** As they are stored. */
const textsOf = ({ scope, claims, resources, resourceScope }: Consent) => ({
  scopeBefore: JSON.stringify(scope),
  claimsBefore: JSON.stringify(claims),
  resourcesBefore: JSON.stringify(resources),
  resourceScopeBefore: JSON.stringify(resourceScope),
});

export const createSqlConsents = (connection: SqlConnection, recording: Recording): Pick<SessionStore, ConsentVerb> => {
  const { read, write, oneAtATime, tables } = connection;
  const { tokenFamily } = tables;
  const statements = prepareStatements(connection);
  const endFamilies = prepareEndFamilies(
    connection,
    and(eq(tokenFamily.sub, sql.placeholder('sub')), eq(tokenFamily.clientId, sql.placeholder('clientId'))),
  );
  const find: SessionStore['findConsent'] = async (sub, clientId) =>
    first(await read(statements.find.with({ sub, clientId })));
  return {
    findConsent: find,
    listConsents: (sub) => read(statements.list.with({ sub })),
    saveConsent: async (added, event = null) => {
      for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
        const before = await find(added.sub, added.clientId);
        const merged = merge(before, added);
        const step =
          before === undefined
            ? statements.add.must(merged)
            : statements.replace.must({ ...merged, ...textsOf(before) });
        if ((await write(step, ...recording(event))) !== undefined) return;
      }
      throw new StoreUnavailableError('a consent was changed by others again and again');
    },
    withdrawConsent: async (sub, clientId, at) => {
      const before = [...oneAtATime('revocations'), statements.recordWithdrawal.with({ sub, clientId, at })];
      const withdrawn = await write(
        ...before,
        // Whoever is adding a code by it, or redeeming one, is waited for, so that what they add is looked at after it.
        statements.remove.with({ sub, clientId }),
        statements.removeUnspentCodes.with({ sub, clientId }),
        ...endFamilies.withTokens({ sub, clientId }, 'consent_withdrawn', at),
      );
      return withdrawn?.[before.length]?.changes === 1;
    },
  };
};
