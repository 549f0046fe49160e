// ClientStore in SQL.
import { and, asc, eq, getTableColumns, gt, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import type { ClientStore } from '../seams/client_store.ts';
import type { Clock } from '../seams/clock.ts';
import type { RevocationStore } from '../seams/revocation_store.ts';
import type { Recording } from './sql_audit.ts';
import type { SqlConnection } from './sql_connection.ts';
import { createRemoveBitByBit } from './sql_expiry.ts';
import { prepareEndFamilies, prepareEndFamiliesOfLargeClient } from './sql_families.ts';
import type { Revoking } from './sql_revoking.ts';
import { given, givenNumber, placeholders, prepare } from './sql_statement.ts';

const prepareStatements = ({ database, tables, mostRows }: SqlConnection) => {
  const { authorizationCode, client, consent, logoutDelivery, revocationMark } = tables;
  const clientId = sql.placeholder('clientId');
  const named = eq(client.clientId, clientId);
  const lastMark = database
    .select({ notBefore: sql`max(${revocationMark.notBefore})` })
    .from(revocationMark)
    .where(and(eq(revocationMark.kind, 'client_id'), eq(revocationMark.value, clientId)));
  const ofClient = eq(consent.clientId, clientId);
  const someConsents = database.select({ sub: consent.sub }).from(consent).where(ofClient).limit(mostRows);
  return {
    find: prepare(database.select().from(client).where(named)),
    list: prepare(database.select().from(client).orderBy(asc(client.clientId))),
    add: prepare(
      database
        .insert(client)
        .values({
          ...placeholders(getTableColumns(client)),
          // Marks outlive their client: the tokens of one of the same name, removed a moment ago, stay revoked.
          tokensNotBefore: sql`coalesce(${givenNumber('tokensNotBefore')}, ${lastMark})`,
        })
        .onConflictDoNothing(),
    ),
    rotateSecret: prepare(
      database
        .update(client)
        .set({
          previousClientSecretSha256: sql`${client.clientSecretSha256}`,
          previousClientSecretExpiresAt: given('previousExpiresAt'),
          clientSecretSha256: given('secretSha256'),
        })
        .where(and(named, isNotNull(client.clientSecretSha256))),
    ),
    remove: prepare(database.delete(client).where(named)),
    removeSomeConsents: prepare(database.delete(consent).where(and(ofClient, inArray(consent.sub, someConsents)))),
    removeAllOf: [
      // Spent ones go with their families.
      prepare(
        database
          .delete(authorizationCode)
          .where(
            and(
              isNull(authorizationCode.usedAt),
              gt(authorizationCode.expiresAt, 0),
              eq(authorizationCode.clientId, clientId),
            ),
          ),
      ),
      prepare(database.delete(consent).where(ofClient)),
      prepare(database.delete(logoutDelivery).where(eq(logoutDelivery.clientId, clientId))),
    ],
  };
};

export const createSqlClients = (
  connection: SqlConnection,
  clock: Clock,
  revoking: Revoking,
  recording: Recording,
): ClientStore & Pick<RevocationStore, 'revokeClient'> => {
  const { lookup, read, write, oneAtATime, tables } = connection;
  const statements = prepareStatements(connection);
  const clients = lookup(statements.find, 'clientId');
  const endFamilies = prepareEndFamilies(connection, eq(tables.tokenFamily.clientId, sql.placeholder('clientId')));
  const endMost = prepareEndFamiliesOfLargeClient(connection);
  const removeBitByBit = createRemoveBitByBit(connection);
  return {
    findClient: (clientId) => clients.find(clientId),
    listClients: () => read(statements.list.with()),
    addClient: async (added, event = null) => {
      const done = await write(statements.add.must(added), ...recording(event));
      clients.forget();
      return done !== undefined;
    },
    rotateClientSecret: async (clientId, secretSha256, previousExpiresAt, event = null) => {
      const done = await write(
        statements.rotateSecret.must({ clientId, secretSha256, previousExpiresAt }),
        ...recording(event),
      );
      clients.forget();
      return done !== undefined;
    },
    removeClient: async (clientId, event = null) => {
      await endMost(clientId, 'client_removed', clock.now());
      await removeBitByBit(statements.removeSomeConsents, { clientId });
      const done = await write(
        ...oneAtATime('revocations'),
        ...revoking.revokeClient(clientId, clock.now()),
        statements.remove.with({ clientId }),
        ...endFamilies.alone({ clientId }, 'client_removed', clock.now()),
        ...statements.removeAllOf.map((statement) => statement.with({ clientId })),
        ...recording(event),
      );
      clients.forget();
      return done !== undefined;
    },
    revokeClient: async (clientId, at, event = null) => {
      const begun = clock.now();
      await endMost(clientId, 'revoked_by_operator', at);
      // What was issued while most of them ended is revoked too.
      const last = at + Math.max(0, clock.now() - begun);
      const done = await write(
        ...oneAtATime('revocations'),
        ...revoking.revokeClient(clientId, last),
        ...endFamilies.alone({ clientId }, 'revoked_by_operator', last),
        ...recording(event),
      );
      clients.forget();
      return done !== undefined;
    },
  };
};
