// What Postgres and the way to it answer when they refuse: which is the database's trouble, and what to do about it.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
import { OperatorError } from '../errors.ts';
import { StoreUnavailableError } from '../seams/store.ts';

/** @returns the SQLSTATE, or the operating system's or TLS's code. */
export const postgresErrorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

const constraintOf = (error: unknown): string =>
  error instanceof Error && 'constraint' in error && typeof error.constraint === 'string' ? ` ${error.constraint}` : '';

const serializationFailure = '40001';
const deadlockDetected = '40P01';

/** What two writes did to one another: one of them is to be tried again. */
export const isConflict = (error: unknown): boolean =>
  [serializationFailure, deadlockDetected].includes(postgresErrorCode(error) ?? '');

const readOnlyTransaction = '25006';

/** It has become a standby: connections to it are worth nothing. */
export const isReadOnly = (error: unknown): boolean => postgresErrorCode(error) === readOnlyTransaction;

/** A statement was prepared that this session does not know, or knows already: a pooler between gave another session. */
export const isOfAnotherSession = (error: unknown): boolean =>
  ['26000', '42P05'].includes(postgresErrorCode(error) ?? '');

/** As above, or it was prepared for tables that were changed. */
export const isStaleStatement = (error: unknown): boolean =>
  isOfAnotherSession(error) || (postgresErrorCode(error) === '0A000' && String(error).includes('cached plan'));

const insufficientPrivilege = '42501';

/** Classes of SQLSTATE for what is wrong with a statement or its values, and so with whoever wrote it. */
const faultsOfStatements = ['21', '22', '23', '2F', '38', '39', '3B', '42', '44', 'P0'];

/** Each has a digit; of the operating system's codes none. */
const isSqlState = (code: string): boolean => /^(?=.*\d)[0-9A-Z]{5}$/.test(code);

/** The session is still there: Postgres itself refused. */
export const isAnswered = (error: unknown): boolean => {
  const code = postgresErrorCode(error) ?? '';
  return isSqlState(code) && !/^(?:08|57P|25P03)/.test(code);
};

/** The message and details of Postgres may repeat the values of a row: only the code goes further. */
export const toStoreError = (error: unknown): unknown => {
  if (error instanceof StoreUnavailableError || error instanceof OperatorError) return error;
  if (error instanceof SyntaxError)
    return new OperatorError('A row of the database is damaged. Restore the database from a backup.', { cause: error });
  const code = postgresErrorCode(error);
  if (code === insufficientPrivilege)
    return new OperatorError(
      'Postgres does not let the user of KEYTURN_DATABASE_URL do that (42501), and nothing was changed. Name the user that owns the tables, or make this one their owner: ALTER TABLE NAME OWNER TO USER.',
    );
  if (code !== undefined && isSqlState(code) && faultsOfStatements.includes(code.slice(0, 2)))
    return new Error(`Postgres refused a statement (${code}${constraintOf(error)})`);
  if (code !== undefined) return new StoreUnavailableError(`Postgres could not be asked (${code})`);
  return error instanceof Error
    ? new StoreUnavailableError(`Postgres could not be asked (${error.message})`)
    : new StoreUnavailableError('Postgres could not be asked');
};

const certificate =
  'Name the certificate authority of the server in sslrootcert, and the server as its certificate does.';
const wait = 'Try again in a moment.';
const wrongPassword = 'The password is wrong, or there is no such user. Correct KEYTURN_DATABASE_URL, or PGPASSWORD.';
const notLetIn =
  'The server does not let this user in from here, or only with TLS. Add sslmode=require or verify-full, or look at its pg_hba.conf.';

/** By code, the beginning of it, or the beginning of the message. */
const advice: readonly (readonly [start: string, advice: string])[] = [
  ['28P01', wrongPassword],
  ['SASL authentication failed', wrongPassword],
  ['28', notLetIn],
  ['SSL required', notLetIn],
  ['3D000', 'There is no such database. Make it: createdb --encoding=UTF8 NAME'],
  [
    insufficientPrivilege,
    'This user may not do that. Let it own the schema: ALTER SCHEMA public OWNER TO USER, or give it a schema of its own name.',
  ],
  ['3F000', 'This user has no schema to make tables in. Give it one: CREATE SCHEMA AUTHORIZATION USER'],
  ['53300', 'The server has no connection left. Raise its max_connections, or lower KEYTURN_DATABASE_CONNECTIONS.'],
  ['57P03', `The server is starting up, shutting down, or a standby that takes no connections. ${wait}`],
  ['57P01', `The server is being shut down. ${wait}`],
  ['57014', 'It took too long: something holds a lock, or the machine is overloaded. Look into pg_stat_activity.'],
  ['55P03', 'Something holds a lock for too long. Look into pg_locks and pg_stat_activity.'],
  ['53100', 'The disk of the server is full. Make room and try again.'],
  [
    'unsupported startup parameter',
    'A pooler in between refuses timeouts. Tell it: ignore_startup_parameters = statement_timeout,lock_timeout,idle_in_transaction_session_timeout; and give them to the role, as docs/deploying-on-postgres.md says.',
  ],
  [
    'transaction blocks not allowed',
    'A pooler in between gives each statement another session. Set its pool_mode to transaction or session.',
  ],
  ['server login has been failing', `A pooler in between does not reach Postgres. Look at its log. ${wait}`],
  ['no more connections allowed', 'The pooler in between has no connection left. Raise its max_client_conn.'],
  [
    'Query read timeout',
    'The server took the connection and does not answer. Is it overloaded, or a pooler in between without a session to give? Then raise its default_pool_size.',
  ],
  ['ECONNREFUSED', 'Nothing listens there. Start Postgres, or correct the host and port in KEYTURN_DATABASE_URL.'],
  ['ENOENT', 'There is no such socket. Start Postgres, or correct the folder and the port in KEYTURN_DATABASE_URL.'],
  ['EACCES', 'This user may not open the socket. Add it to the group that may.'],
  ['ENOTFOUND', 'There is no such host. Correct KEYTURN_DATABASE_URL, or the name service.'],
  ['EAI_AGAIN', `The name service does not answer. ${wait}`],
  ['EHOSTUNREACH', 'There is no way to that host from here. Look at the network.'],
  ['ENETUNREACH', 'There is no way to that host from here. Look at the network.'],
  ['ETIMEDOUT', 'The host does not answer. Look at the network, and at firewalls in between.'],
  ['ECONNRESET', 'The connection was cut. Look at what stands in between, and at the log of the server.'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', certificate],
  ['SELF_SIGNED_CERT_IN_CHAIN', certificate],
  ['UNABLE_TO', certificate],
  ['CERT_', 'The certificate of the server is not valid now. Renew it, or set the clock right.'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', certificate],
  [
    'The server does not support SSL',
    'It speaks no TLS. Turn its ssl on, or say sslmode=disable where the way is private.',
  ],
  ['timeout expired', 'The host does not answer. Look at the network, and at firewalls in between.'],
  [
    'Connection terminated due to connection timeout',
    'The host does not answer. Look at the network, and at firewalls in between.',
  ],
  ['Connection terminated unexpectedly', 'What listens there ended the connection. Is it Postgres? Look at its log.'],
  ['SASL: SCRAM-SERVER-FIRST-MESSAGE', 'The server wants a password. Put it into KEYTURN_DATABASE_URL, or PGPASSWORD.'],
  ['There was an error establishing an SSL connection', 'What listens there speaks no TLS. Is it Postgres?'],
];

/**
 * @param label - of the database, without the password.
 * @returns what the person at the terminal is to be told.
 */
export const openError = (label: string, error: unknown): unknown => {
  if (error instanceof OperatorError) return error;
  const code = postgresErrorCode(error) ?? '';
  const message = error instanceof Error ? error.message : '';
  const entry = advice.find(([start]) => code.startsWith(start) || message.startsWith(start));
  if (entry !== undefined)
    return new OperatorError(`The database ${label} could not be opened (${code || entry[0]}). ${entry[1]}`, {
      cause: error,
    });
  if (code !== '')
    return new OperatorError(`The database ${label} could not be opened (${code}). Look at the log of the server.`, {
      cause: error,
    });
  return error;
};
