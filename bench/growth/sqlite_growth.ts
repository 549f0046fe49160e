// Fills an SQLite file by the million: rows counted and named by SQLite itself, indexes built afterwards.
import { rmSync, statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { openBetterSqlite3 } from '../../src/adapters/better_sqlite3_store.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import { hashOpaque } from '../../src/tokens/opaque.ts';
import { relyingParty } from '../flows/code.ts';
import { fillDatabase } from '../keyturn_facts.ts';
import { benchFolder, databaseIn } from '../keyturn_process.ts';
import type { GrowingStore } from './grown_database.ts';
import {
  browserOf,
  codeOf,
  codes,
  grownSettings,
  idOf,
  passwordHash,
  refreshTokenOf,
  usernameOf,
  userOf,
  usersOf,
} from './grown_facts.ts';

/** In the order of their keys, so that the pages of an index are written once each time, not once a row. */
const rowsAtOnce = 2_500_000;
const daySeconds = 86_400;
const mostPageCacheKilobytes = 4_000_000;

const grant = `'${relyingParty.clientId}', sub, sid, '${JSON.stringify(relyingParty.scope)}',
  '${relyingParty.resource}', @now, '1', '["pwd"]', 'nonce', '[]', '[]'`;

/** Each is run for the numbers from @from up to and without @to. */
const insertions = {
  users: `INSERT INTO end_user (sub, username, email, email_verified, claims, roles, password_hash, created_at, updated_at)
    SELECT id('sub', n), username(n), username(n) || '@example.com', 1, '{"name":"Somebody Or Other"}', '[]', '${passwordHash}',
      @now, @now FROM number`,
  sessions: `INSERT INTO session (session_hash, sid, sub, browser_hash, auth_time, amr, acr, last_seen_at, expires_at)
    SELECT id('session', n), id('sid', n), id('sub', n), browser_hash(n), @now, '["pwd"]', '1', @now, @later FROM number`,
  families: `INSERT INTO token_family (family_id, client_id, sub, sid, scope, resource, auth_time, acr, amr, nonce,
      id_token_claims, userinfo_claims, offline, created_at, expires_at)
    SELECT id('family', n), ${grant}, 1, @now, @later FROM
      (SELECT n, id('sub', user_of(n)) AS sub, id('sid', user_of(n)) AS sid FROM number)`,
  refreshTokens: `INSERT INTO refresh_token (token_hash, family_id, expires_at)
    SELECT token_hash(n), id('family', n), @later FROM number`,
  codes: `INSERT INTO authorization_code (code_hash, client_id, sub, sid, scope, resource, auth_time, acr, amr, nonce,
      id_token_claims, userinfo_claims, redirect_uri, code_challenge, expires_at, family_id)
    SELECT code_hash(n), ${grant}, '${relyingParty.redirectUri}', @challenge, @later, id('code family', n) FROM
      (SELECT n, id('sub', user_of(n)) AS sub, id('sid', user_of(n)) AS sid FROM number)`,
} as const;

const numbers = 'WITH RECURSIVE number (n) AS (SELECT @from UNION ALL SELECT n + 1 FROM number WHERE n + 1 < @to)';

const teachNames = (client: Database.Database, families: number): void => {
  const teach = (name: string, work: (...values: never[]) => string | number): void => {
    // SQLite hands over what the statements above say: texts and whole numbers.
    client.function(name, { deterministic: true }, work as (...values: unknown[]) => unknown);
  };
  teach('id', (kind: Parameters<typeof idOf>[0], number: number) => idOf(kind, number));
  teach('username', usernameOf);
  teach('user_of', (family: number) => userOf(family, families));
  teach('browser_hash', (user: number) => hashOpaque(browserOf(user)));
  teach('token_hash', (family: number) => hashOpaque(refreshTokenOf(family)));
  teach('code_hash', (number: number) => hashOpaque(codeOf(number)));
};

const fill = async (path: string, families: number): Promise<void> => {
  const client = new Database(path);
  // Nobody else has it open, and what breaks here is thrown away. No log at all is unsafe to SQLite, and refused.
  client.unsafeMode(true);
  for (const pragma of [
    'journal_mode = DELETE',
    'journal_mode = OFF',
    'synchronous = OFF',
    `cache_size = -${mostPageCacheKilobytes}`,
  ])
    client.pragma(pragma);
  teachNames(client, families);
  const indexes = client
    .prepare<[], { name: string; sql: string }>(
      `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL
        AND tbl_name IN ('end_user', 'session', 'token_family', 'refresh_token', 'authorization_code')`,
    )
    .all();
  for (const { name } of indexes) client.exec(`DROP INDEX "${name}"`);
  const now = systemClock.now();
  const times = { now, later: now + daySeconds, challenge: hashOpaque(relyingParty.codeVerifier) };
  const insert = async (insertion: string, total: number): Promise<void> => {
    const some = client.prepare(`${numbers} ${insertion} ORDER BY 1`);
    const given = (from: number) => {
      const values = { ...times, from, to: Math.min(total, from + rowsAtOnce) };
      return Object.fromEntries(Object.entries(values).filter(([name]) => some.source.includes(`@${name}`)));
    };
    for (let from = 0; from < total; from += rowsAtOnce) {
      some.run(given(from));
      // Whoever wants it to end is heard in between.
      await setImmediate();
    }
  };
  await insert(insertions.users, usersOf(families));
  await insert(insertions.sessions, usersOf(families));
  await insert(insertions.families, families);
  await insert(insertions.refreshTokens, families);
  await insert(insertions.codes, codes);
  for (const { sql } of indexes) client.exec(sql);
  client.close();
};

export const sqliteGrowth: GrowingStore = {
  name: 'SQLite',
  grow: async (families) => {
    const folder = benchFolder();
    const path = databaseIn(folder);
    const { secret } = await fillDatabase(path);
    await fill(path, families);
    return {
      folder,
      secret,
      megabytes: statSync(path).size / 2 ** 20,
      open: async () => openBetterSqlite3(path, systemClock).store,
      settings: grownSettings,
      cpuSeconds: () => 0,
      remove: async () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};
