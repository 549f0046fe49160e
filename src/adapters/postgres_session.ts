// What every session is asked before it is used: whether what it commits stays, whether it may write, and that the names in
// its statements mean the tables of Keyturn and nothing else.
import type { ClientBase, QueryArrayConfig } from 'pg';
import { OperatorError } from '../errors.ts';

/** CockroachDB says that it is 13. */
const leastVersion = 130_000;

/** `local` and `remote_write` are on as far as one machine goes: what a failover must not lose is on the other as well. */
const durable = ['on', 'remote_apply'];

/** Keyturn asks for each of them when it connects; where a pooler ignores that, these are what the role is to have. */
const timeouts = {
  statement_timeout: '810ms',
  lock_timeout: '675ms',
  idle_in_transaction_session_timeout: '2s',
} as const;
const timeoutNames = Object.keys(timeouts) as readonly (keyof typeof timeouts)[];

/** Whatever is in front of it in the search path, or in a schema for temporary tables, is not looked at from here on. */
const question = `select current_setting('server_version_num')::int, current_setting('server_encoding'),
  pg_is_in_recovery() or current_setting('transaction_read_only') = 'on', current_setting('synchronous_commit'),
  current_schema(), array[${timeoutNames.map((name) => `current_setting('${name}')`).join()}],
  set_config('search_path', coalesce(quote_ident(current_schema()), 'public') || ', pg_temp', false)`;

type Answer = [
  version: number,
  encoding: string,
  readOnly: boolean,
  commit: string,
  schema: string | null,
  limits: readonly string[],
];

/** @returns what is wrong with a session, and what to do; undefined when nothing is. */
const complaintOf = ([version, encoding, readOnly, commit, schema, limits]: Answer): string | undefined => {
  if (version < leastVersion)
    return `is Postgres ${Math.floor(version / 10_000)}; expected 13 or newer. Upgrade the server.`;
  if (encoding !== 'UTF8')
    return `has the encoding ${encoding}; expected UTF8. Make another: createdb --encoding=UTF8 --template=template0 NAME`;
  if (readOnly)
    return 'is read-only: a standby, or default_transaction_read_only is on. Name the primary in KEYTURN_DATABASE_URL.';
  if (!durable.includes(commit))
    return `has synchronous_commit = ${commit}, with which it forgets what it has confirmed; expected ${durable.join(' or ')}. Run: ALTER ROLE USER SET synchronous_commit = on`;
  if (schema === null) return 'has no schema that this user may use. Give it one: CREATE SCHEMA AUTHORIZATION USER';
  const endless = timeoutNames.filter((_, place) => limits[place] === '0');
  if (endless.length > 0)
    return `has no ${endless.join(', ')} in a session that asked for it: a pooler in between ignores that. Run, and let the pooler connect anew: ${endless.map((name) => `ALTER ROLE USER SET ${name} = '${timeouts[name]}'`).join('; ')}`;
  return undefined;
};

/** The driver reads `query_timeout` of a query; its types do not know it. */
type BoundedQuery = QueryArrayConfig & { readonly query_timeout: number };

/** @throws where a pooler gives each statement another session: what is to be done together would not be. */
export const proveTransaction = async (session: ClientBase): Promise<void> => {
  await session.query('begin');
  await session.query('commit');
};

/** @throws {OperatorError} where the session must not be used. */
export const proveSession = async (session: ClientBase, label: string, milliseconds: number): Promise<void> => {
  const bounded: BoundedQuery = { text: question, rowMode: 'array', query_timeout: milliseconds };
  const { rows } = await session.query<Answer>(bounded);
  const [answer] = rows;
  const complaint = answer === undefined ? 'does not say what it is.' : complaintOf(answer);
  if (complaint !== undefined) throw new OperatorError(`The database ${label} ${complaint}`);
};
