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

export const countOf = (ledger: Ledger): number =>
  Object.values(ledger).reduce((count, successes) => count + successes.length, 0);

export const addLedger = (sum: Record<keyof Ledger, number>, added: Ledger): void => {
  for (const kind of Object.keys(sum) as (keyof Ledger)[]) sum[kind] += added[kind].length;
};

/** Each query finds what must not be there. */
const impossible = {
  'a family with two live children, or none':
    'select family_id from refresh_token group by family_id having sum(used_at is null) <> 1',
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
} as const;

type Row = Readonly<Record<string, unknown>> | undefined;

/** Asserts that all in the ledger is in the database, and that nothing was done by halves or twice. */
export const expectKept = (databasePath: string, { signedIn, codes, redeemed, rotated, revoked }: Ledger): void => {
  const database = new Database(databasePath);
  const row = (query: string, value: string): Row => database.prepare(query).get(hashOpaque(value)) as Row;
  const token = (value: string): Row =>
    row('select * from refresh_token join token_family using (family_id) where token_hash = ?', value);
  try {
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    for (const [what, query] of Object.entries(impossible))
      expect([what, database.prepare(query).all()]).toEqual([what, []]);
    for (const cookie of signedIn)
      expect(row('select * from session where session_hash = ?', cookie)).toMatchObject({ ended_at: null });
    for (const code of codes) expect(row('select * from authorization_code where code_hash = ?', code)).toBeDefined();
    for (const { code, refreshToken } of redeemed) {
      const spent = row('select * from authorization_code where code_hash = ?', code);
      expect(spent).toMatchObject({ used_at: expect.any(Number), family_id: token(refreshToken)?.family_id });
    }
    for (const { from, to } of rotated) {
      expect(token(from)).toMatchObject({ used_at: expect.any(Number), family_id: token(to)?.family_id });
      const successors = new Set(rotated.filter((other) => other.from === from).map((other) => other.to));
      expect([...successors]).toEqual([to]);
    }
    for (const refreshToken of revoked)
      expect(token(refreshToken)).toMatchObject({ ended_at: expect.any(Number), end_reason: 'revoked_by_client' });
  } finally {
    database.close();
  }
};
