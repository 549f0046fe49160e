// Fills a Postgres by the million: rows counted and named by Postgres itself, indexes built afterwards.
import { openPostgres } from '../../src/adapters/postgres_store.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import { hashOpaque } from '../../src/tokens/opaque.ts';
import { relyingParty } from '../flows/code.ts';
import { fillStore } from '../keyturn_facts.ts';
import { benchFolder } from '../keyturn_process.ts';
import { type PostgresProcess, startPostgres } from '../postgres_process.ts';
import type { GrowingStore } from './grown_database.ts';
import {
  browserOf,
  codeOf,
  codes,
  firstOf,
  grownSettings,
  idOf,
  orderDigits,
  passwordHash,
  refreshTokenOf,
  usernameOf,
  userOf,
  usersOf,
} from './grown_facts.ts';

const database = 'keyturn';
const daySeconds = 86_400;
const poolOptions = { connections: 4, patienceSeconds: 20 };
const tables = ['end_user', 'session', 'token_family', 'refresh_token', 'authorization_code'] as const;
type Table = (typeof tables)[number];

/** While it is filled what breaks is thrown away; tables made in the same transaction then need no log. */
const filling = {
  fsync: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: 0,
  max_wal_size: "'8GB'",
  maintenance_work_mem: "'1GB'",
  max_parallel_maintenance_workers: 0,
  autovacuum: 'off',
} as const;
const filled = { fsync: 'on', full_page_writes: 'on', wal_level: 'replica', autovacuum: 'on' } as const;

/** As hashOpaque makes it. */
const hashFunction = `create function bench_hash(value text) returns text language sql immutable parallel safe return
  rtrim(translate(encode(sha256(convert_to(value, 'UTF8')), 'base64'), '+/', '-_'), '=')`;

/** What grown_facts.ts says, of the number n. */
const names = (families: number) => {
  const id = (kind: Parameters<typeof idOf>[0], number = 'n'): string => {
    const hash = `bench_hash('${kind} ' || ${number})`;
    if (kind === 'sub' || kind === 'session') return hash;
    return `(lpad((${firstOf[kind]} + ${number})::text, ${orderDigits}, '0') || substr(${hash}, ${orderDigits + 1}))`;
  };
  return { id, user: `n % ${usersOf(families)}` };
};

const fillings = (families: number, now: number): Readonly<Record<Table, string>> => {
  const { id, user } = names(families);
  const later = now + daySeconds;
  const from = (total: number): string => `from generate_series(0, ${total - 1}) as n`;
  const grant = `'${relyingParty.clientId}', ${id('sub', `(${user})`)}, ${id('sid', `(${user})`)},
    '${JSON.stringify(relyingParty.scope)}', '${relyingParty.resource}', ${now}, '1', '["pwd"]', 'nonce', '[]', '[]'`;
  const grantColumns =
    'client_id, sub, sid, scope, resource, auth_time, acr, amr, nonce, id_token_claims, userinfo_claims';
  return {
    end_user: `insert into end_user (sub, username, email, email_verified, claims, roles, password_hash, created_at, updated_at)
      select ${id('sub')}, 'user-' || n, 'user-' || n || '@example.com', true, '{"name":"Somebody Or Other"}', '[]',
        '${passwordHash}', ${now}, ${now} ${from(usersOf(families))}`,
    session: `insert into session (session_hash, sid, sub, browser_hash, auth_time, amr, acr, last_seen_at, expires_at)
      select ${id('session')}, ${id('sid')}, ${id('sub')}, bench_hash(bench_hash('browser-' || n)), ${now}, '["pwd"]', '1', ${now},
        ${later} ${from(usersOf(families))}`,
    token_family: `insert into token_family (family_id, ${grantColumns}, offline, created_at, expires_at)
      select ${id('family')}, ${grant}, true, ${now}, ${later} ${from(families)}`,
    refresh_token: `insert into refresh_token (token_hash, family_id, expires_at)
      select bench_hash('refresh-token-' || n), ${id('family')}, ${later} ${from(families)}`,
    authorization_code: `insert into authorization_code (code_hash, ${grantColumns}, redirect_uri, code_challenge,
        expires_at, family_id)
      select bench_hash('code-' || n), ${grant}, '${relyingParty.redirectUri}', '${hashOpaque(relyingParty.codeVerifier)}',
        ${later}, ${id('code family')} ${from(codes)}`,
  };
};

/** Constraints own their indexes; the others are dropped and made by name. */
const indexesOf = async (postgres: PostgresProcess, table: Table) => {
  const { rows: constraints } = await postgres.execute(
    database,
    `select conname as name, pg_get_constraintdef(oid) as made from pg_constraint
      where conrelid = '${table}'::regclass and contype in ('p', 'u')`,
  );
  const { rows: indexes } = await postgres.execute(
    database,
    `select indexname as name, indexdef as made from pg_indexes where tablename = '${table}'
      and indexname not in (select conname from pg_constraint where conrelid = '${table}'::regclass)`,
  );
  return {
    dropped: [
      ...constraints.map(({ name }) => `alter table ${table} drop constraint "${name}"`),
      ...indexes.map(({ name }) => `drop index "${name}"`),
    ],
    made: [
      ...constraints.map(({ name, made }) => `alter table ${table} add constraint "${name}" ${made}`),
      ...indexes.map(({ made }) => made),
    ],
  };
};

/** @throws when Postgres has named a row otherwise than whoever will ask for it. */
const proveNames = async (postgres: PostgresProcess, families: number): Promise<void> => {
  const last = families - 1;
  const user = userOf(last, families);
  const questions = [
    `select 1 from refresh_token join token_family using (family_id) where sub = '${idOf('sub', user)}'
      and token_hash = '${hashOpaque(refreshTokenOf(last))}' and family_id = '${idOf('family', last)}'`,
    `select 1 from end_user join session using (sub) where username = '${usernameOf(user)}'
      and session_hash = '${idOf('session', user)}' and browser_hash = '${hashOpaque(browserOf(user))}'`,
    `select 1 from authorization_code where code_hash = '${hashOpaque(codeOf(codes - 1))}'`,
  ];
  for (const question of questions)
    if ((await postgres.execute(database, question)).rowCount !== 1) throw new Error(`No row for: ${question}`);
};

const fill = async (postgres: PostgresProcess, families: number): Promise<void> => {
  await postgres.execute(database, hashFunction);
  const inserts = fillings(families, systemClock.now());
  for (const table of tables) {
    const { dropped, made } = await indexesOf(postgres, table);
    await postgres.execute(
      database,
      ['begin', `truncate ${table}`, ...dropped, inserts[table], ...made, 'commit'].join(';\n'),
    );
  }
  await proveNames(postgres, families);
};

export const postgresGrowth: GrowingStore = {
  name: 'Postgres',
  grow: async (families) => {
    const postgres = await startPostgres(filling);
    const url = await postgres.createDatabase(database);
    await (await openPostgres(url, systemClock, poolOptions)).store.close();
    await fill(postgres, families);
    const { store } = await openPostgres(url, systemClock, poolOptions);
    const { secret } = await fillStore(store);
    await store.close();
    await postgres.execute(database, 'vacuum (analyze)');
    await postgres.restart(filled);
    const { rows } = await postgres.execute(database, `select pg_database_size('${database}') as bytes`);
    return {
      folder: benchFolder(),
      secret,
      megabytes: Number(rows[0].bytes) / 2 ** 20,
      open: async () => (await openPostgres(url, systemClock, poolOptions)).store,
      settings: { ...grownSettings, KEYTURN_DATABASE_URL: url },
      cpuSeconds: postgres.cpuSeconds,
      remove: postgres.remove,
    };
  },
};
