// What every session is asked before it is used: whether what it commits stays, whether it may write, and that the names in
// its statements mean the tables of Keyturn and nothing else.
import type { ClientBase, QueryArrayConfig } from 'pg';
import { OperatorError } from '../errors.ts';

/** CockroachDB says that it is 13. */
const leastVersion = 130_000;

/** `local` and `remote_write` are on as far as one machine goes: what a failover must not lose is on the other as well. */
const durable = ['on', 'remote_apply'];

/** Whatever is in front of it in the search path, or in a schema for temporary tables, is not looked at from here on. */
const question = `select current_setting('server_version_num')::int, current_setting('server_encoding'),
  pg_is_in_recovery() or current_setting('transaction_read_only') = 'on', current_setting('synchronous_commit'),
  current_schema(), set_config('search_path', coalesce(quote_ident(current_schema()), 'public') || ', pg_temp', false)`;

type Answer = [version: number, encoding: string, readOnly: boolean, commit: string, schema: string | null];

/** @returns what is wrong with a session, and what to do; undefined when nothing is. */
const complaintOf = ([version, encoding, readOnly, commit, schema]: Answer): string | undefined => {
  if (version < leastVersion)
    return `is Postgres ${Math.floor(version / 10_000)}; expected 13 or newer. Upgrade the server.`;
  if (encoding !== 'UTF8')
    return `has the encoding ${encoding}; expected UTF8. Make another: createdb --encoding=UTF8 --template=template0 NAME`;
  if (readOnly)
    return 'is read-only: a standby, or default_transaction_read_only is on. Name the primary in KEYTURN_DATABASE_URL.';
  if (!durable.includes(commit))
    return `has synchronous_commit = ${commit}, with which it forgets what it has confirmed; expected ${durable.join(' or ')}. Run: ALTER ROLE USER SET synchronous_commit = on`;
  if (schema === null) return 'has no schema that this user may use. Give it one: CREATE SCHEMA AUTHORIZATION USER';
  return undefined;
};

/** The driver reads `query_timeout` of a query; its types do not know it. */
type BoundedQuery = QueryArrayConfig & { readonly query_timeout: number };

/** @throws {OperatorError} where the session must not be used. */
export const proveSession = async (session: ClientBase, label: string, milliseconds: number): Promise<void> => {
  const bounded: BoundedQuery = { text: question, rowMode: 'array', query_timeout: milliseconds };
  const { rows } = await session.query<Answer>(bounded);
  const [answer] = rows;
  const complaint = answer === undefined ? 'does not say what it is.' : complaintOf(answer);
  if (complaint !== undefined) throw new OperatorError(`The database ${label} ${complaint}`);
};
