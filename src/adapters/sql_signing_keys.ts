// SigningKeyStore in SQL.
import { and, asc, eq, getTableColumns, gt, isNotNull, isNull, lt, sql } from 'drizzle-orm';
import type { Clock, NumericDate } from '../seams/clock.ts';
import type { SigningKeyRecord, SigningKeyStore } from '../seams/signing_key_store.ts';
import type { SqlConnection } from './sql_connection.ts';
import { given, givenNumber, placeholders, prepare, prepareText, type Step } from './sql_statement.ts';

const prepareStatements = (connection: SqlConnection) => {
  const { database, databaseClock, tables } = connection;
  const { signingKey } = tables;
  const named = eq(signingKey.kid, sql.placeholder('kid'));
  // Born with nothing erased and nothing revoked.
  const { erasedAt: _, revokedAt: __, revocationReason: ___, ...born } = getTableColumns(signingKey);
  return {
    list: prepare(database.select().from(signingKey).orderBy(asc(signingKey.alg), asc(signingKey.slot))),
    time: databaseClock && prepare(database.select({ now: databaseClock.as('now') }).from(sql`(select 1) as once`)),
    isInTime: prepareText(
      connection,
      sql`select 1 where ${databaseClock ?? givenNumber('now')} <= ${givenNumber('latest')}`,
      'finds rows',
    ),
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
  const { read, readTogether, write, settled, erase } = connection;
  const statements = prepareStatements(connection);
  let known = '';
  /** They are published, and the first signs at once. Those that were settled before are read from a disk that is stuck, too. */
  const settleNews = async (keys: readonly SigningKeyRecord[]): Promise<void> => {
    const read = JSON.stringify(keys.map(({ kid, activatesAt, revokedAt }) => [kid, activatesAt, revokedAt]));
    if (read === known) return;
    await settled?.();
    known = read;
  };
  const { time } = statements;
  /** The last step: by then whatever kept it waiting is over. The clock is asked when it is run. */
  const inTime = (latest: NumericDate | undefined): readonly Step[] => {
    const values = {
      latest,
      get now(): NumericDate {
        return clock.now();
      },
    };
    return latest === undefined ? [] : [statements.isInTime.must(values)];
  };
  return {
    readSigningKeys: async () => {
      if (time === undefined) {
        const keys = await read(statements.list.with());
        await settleNews(keys);
        return { keys, databaseNow: clock.now() };
      }
      const [keys, [found]] = await readTogether(statements.list.with(), time.with());
      return { keys, databaseNow: Number(found?.now) };
    },
    publishSigningKey: async (key, latest) =>
      (await write(statements.publish.must(key), ...inTime(latest))) !== undefined,
    activateSigningKeys: async (activations, latest) =>
      (await write(...activations.map((key) => statements.activate.must(key)), ...inTime(latest))) !== undefined,
    erasePrivateHalf: async (kid, erasedAt) => (await erase(statements.erase.must({ kid, erasedAt }))) !== undefined,
    raiseLongestToken: async (alg, seconds) => {
      await write(statements.raise.with({ alg, seconds }));
    },
    revokeSigningKey: async ({ kid, reason, revokedAt, promotedKid, successor }, latest) => {
      const promoted =
        promotedKid === null ? [] : [statements.activate.must({ kid: promotedKid, activatesAt: revokedAt })];
      const next = successor === null ? [] : [statements.publish.must(successor)];
      const revoked = statements.revoke.must({ kid, reason, revokedAt });
      return (await erase(revoked, ...promoted, ...next, ...inTime(latest))) !== undefined;
    },
    rewrapSigningKey: async (kid, from, to) => (await erase(statements.rewrap.must({ kid, from, to }))) !== undefined,
  };
};
