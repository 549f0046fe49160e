// What a server answered that it had done, and whether its database still says so after the server was killed.
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { hashOpaque } from '../../src/tokens/opaque.ts';

/** Successes that were answered, by the values they were answered with. */
export interface Ledger {
  /** Session cookies. */
  readonly signedIn: string[];
  readonly codes: string[];
  readonly redeemed: { readonly code: string; readonly refreshToken: string }[];
  readonly rotated: { readonly from: string; readonly to: string }[];
  /** Refresh tokens. */
  readonly revoked: string[];
}

export const emptyLedger = (): Ledger => ({ signedIn: [], codes: [], redeemed: [], rotated: [], revoked: [] });

/** What is there for long: a code that nobody redeemed goes a minute later. */
export const lastingOf = (ledger: Ledger): Ledger => ({ ...ledger, codes: [] });

export const countOf = (ledger: Ledger): number =>
  Object.values(ledger).reduce((count, successes) => count + successes.length, 0);

export const addLedger = (sum: Record<keyof Ledger, number>, added: Ledger): void => {
  for (const kind of Object.keys(sum) as (keyof Ledger)[]) sum[kind] += added[kind].length;
};

/** Each query finds what must not be there. */
export const impossible = {
  'a family with two live children, or none':
    'select family_id from refresh_token group by family_id having count(*) - count(used_at) <> 1',
  'a refresh token without its family':
    'select token_hash from refresh_token where family_id not in (select family_id from token_family)',
  'a spent refresh token without its answer':
    'select token_hash from refresh_token where (used_at is null) <> (answer is null)',
  'a spent code that gave nothing':
    'select code_hash from authorization_code where used_at is not null and family_id not in (select family_id from token_family)',
  'a family of a code that was not spent':
    'select code_hash from authorization_code where used_at is null and family_id in (select family_id from token_family)',
  'a family without a refresh token':
    'select family_id from token_family where family_id not in (select family_id from refresh_token)',
  'a session that began unrecorded':
    "select sid from session where sid not in (select sid from audit_event where type = 'sign_in.succeeded' and sid is not null)",
  'a session that ended unrecorded':
    "select sid from session where ended_at is not null and sid not in (select sid from audit_event where type = 'session.ended' and sid is not null)",
  'a family that started unrecorded': `select family_id from token_family where '{"family_id":"' || family_id || '"}' not in (select details from audit_event where type = 'family.started')`,
} as const;

type Row = Readonly<Record<string, unknown>>;

/** What is asked of the tables, by hash. */
export const kept = {
  token: 'select * from refresh_token join token_family using (family_id)',
  session: 'select * from session',
  code: 'select * from authorization_code',
} as const;
export const hashes = { token: 'token_hash', session: 'session_hash', code: 'code_hash' } as const;

/** The tables, whatever database they are in. */
export interface KeptTables {
  find(what: keyof typeof kept, hash: string): Row | undefined;
  all(query: string): readonly unknown[];
}

/** Asserts that all in the ledger is in the tables, and that nothing was done by halves or twice. */
export const expectKeptIn = ({ find, all }: KeptTables, ledger: Ledger): void => {
  const { signedIn, codes, redeemed, rotated, revoked } = ledger;
  const token = (value: string): Row | undefined => find('token', hashOpaque(value));
  for (const [what, query] of Object.entries(impossible)) expect([what, all(query)]).toEqual([what, []]);
  for (const cookie of signedIn) expect(find('session', hashOpaque(cookie))).toMatchObject({ ended_at: null });
  for (const code of codes) expect(find('code', hashOpaque(code))).toBeDefined();
  for (const { code, refreshToken } of redeemed) {
    const familyId = token(refreshToken)?.family_id;
    expect(find('code', hashOpaque(code))).toMatchObject({ used_at: expect.any(Number), family_id: familyId });
  }
  for (const { from, to } of rotated) {
    expect(token(from)).toMatchObject({ used_at: expect.any(Number), family_id: token(to)?.family_id });
    const successors = new Set(rotated.filter((other) => other.from === from).map((other) => other.to));
    expect([...successors]).toEqual([to]);
  }
  for (const refreshToken of revoked)
    expect(token(refreshToken)).toMatchObject({ ended_at: expect.any(Number), end_reason: 'revoked_by_client' });
};

/** As above, in a SQLite file that is whole. */
export const expectKept = (databasePath: string, ledger: Ledger): void => {
  const database = new Database(databasePath);
  try {
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    const tables: KeptTables = {
      find: (what, hash) => database.prepare(`${kept[what]} where ${hashes[what]} = ?`).get(hash) as Row | undefined,
      all: (query) => database.prepare(query).all(),
    };
    expectKeptIn(tables, ledger);
  } finally {
    database.close();
  }
};
