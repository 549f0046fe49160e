// SigningKeyStore in SQL.
import { and, asc, eq, getTableColumns, gt, isNotNull, isNull, lt, sql } from 'drizzle-orm';
import type { Clock } from '../seams/clock.ts';
import type { SigningKeyRecord, SigningKeyStore } from '../seams/signing_key_store.ts';
import type { SqlConnection } from './sql_connection.ts';
import { given, givenNumber, placeholders, prepare } from './sql_statement.ts';

const prepareStatements = ({ database, tables: { signingKey } }: SqlConnection) => {
  const named = eq(signingKey.kid, sql.placeholder('kid'));
  // Born with nothing erased and nothing revoked.
  const { erasedAt: _, revokedAt: __, revocationReason: ___, ...born } = getTableColumns(signingKey);
  return {
    list: prepare(database.select().from(signingKey).orderBy(asc(signingKey.alg), asc(signingKey.slot))),
    publish: prepare(database.insert(signingKey).values(placeholders(born)).onConflictDoNothing()),
    activate: prepare(
      database
        .update(signingKey)
        .set({ activatesAt: given('activatesAt') })
        .where(and(named, isNull(signingKey.revokedAt), gt(signingKey.activatesAt, sql.placeholder('activatesAt')))),
    ),
    erase: prepare(
      database
        .update(signingKey)
        .set({ privateJwe: null, erasedAt: given('erasedAt') })
        .where(and(named, isNull(signingKey.erasedAt))),
    ),
    raise: prepare(
      database
        .update(signingKey)
        .set({ longestTokenSeconds: given('seconds') })
        .where(
          and(
            eq(signingKey.alg, sql.placeholder('alg')),
            isNotNull(signingKey.privateJwe),
            lt(signingKey.longestTokenSeconds, sql.placeholder('seconds')),
          ),
        ),
    ),
    revoke: prepare(
      database
        .update(signingKey)
        .set({
          revokedAt: given('revokedAt'),
          revocationReason: given('reason'),
          privateJwe: null,
          erasedAt: sql`coalesce(${signingKey.erasedAt}, ${givenNumber('revokedAt')})`,
        })
        .where(and(named, isNull(signingKey.revokedAt))),
    ),
    rewrap: prepare(
      database
        .update(signingKey)
        .set({ privateJwe: given('to') })
        .where(and(named, eq(signingKey.privateJwe, sql.placeholder('from')))),
    ),
  };
};

export const createSqlSigningKeys = (connection: SqlConnection, clock: Clock): SigningKeyStore => {
  const { databaseTime, read, readTogether, write, settled, erase } = connection;
  const statements = prepareStatements(connection);
  let known = '';
  /** They are published, and the first signs at once. Those that were settled before are read from a disk that is stuck, too. */
  const settleNews = async (keys: readonly SigningKeyRecord[]): Promise<void> => {
    const read = JSON.stringify(keys.map(({ kid, activatesAt, revokedAt }) => [kid, activatesAt, revokedAt]));
    if (read === known) return;
    await settled?.();
    known = read;
  };
  return {
    readSigningKeys: async () => {
      if (databaseTime === undefined) {
        const keys = await read(statements.list.with());
        await settleNews(keys);
        return { keys, databaseNow: clock.now() };
      }
      const [keys, [time]] = await readTogether(statements.list.with(), databaseTime.with());
      return { keys, databaseNow: Number(time?.now) };
    },
    publishSigningKey: async (key) => (await write(statements.publish.must(key))) !== undefined,
    activateSigningKey: async (kid, activatesAt) =>
      (await write(statements.activate.must({ kid, activatesAt }))) !== undefined,
    erasePrivateHalf: async (kid, erasedAt) => (await erase(statements.erase.must({ kid, erasedAt }))) !== undefined,
    raiseLongestToken: async (alg, seconds) => {
      await write(statements.raise.with({ alg, seconds }));
    },
    revokeSigningKey: async ({ kid, reason, revokedAt, promotedKid, successor }) => {
      const promoted =
        promotedKid === null ? [] : [statements.activate.must({ kid: promotedKid, activatesAt: revokedAt })];
      const next = successor === null ? [] : [statements.publish.must(successor)];
      return (await erase(statements.revoke.must({ kid, reason, revokedAt }), ...promoted, ...next)) !== undefined;
    },
    rewrapSigningKey: async (kid, from, to) => (await erase(statements.rewrap.must({ kid, from, to }))) !== undefined,
  };
};
