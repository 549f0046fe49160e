// Reads a postgres:// URL as libpq does, RFC 3986 and https://www.postgresql.org/docs/current/libpq-connect.html: where the
// database is and how the way to it is protected.
import type { ConnectionOptions } from 'node:tls';
import type { ClientConfig } from 'pg';
import { OperatorError } from '../errors.ts';
import { readRegularFile } from './regular_file.ts';

export interface PostgresAddress {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** Undefined leaves it to PGUSER and PGPASSWORD. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly tls: false | ConnectionOptions;
  readonly applicationName: string;
  /** For people: never with the password. */
  readonly label: string;
}

const known = ['host', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'application_name'];

const expected =
  'expected postgres://USER:PASSWORD@HOST:PORT/DATABASE, with every character of user and password that has a meaning in a URL percent-encoded';

const complain = (what: string): never => {
  throw new OperatorError(`KEYTURN_DATABASE_URL ${what}`);
};

const readPem = (path: string | null, parameter: string): { readonly pem?: string } => {
  if (path === null) return {};
  const found = readRegularFile(path);
  if (typeof found !== 'string') return { pem: found.text };
  return complain(
    `names the file ${path} as ${parameter}, which cannot be read: ${found}. Check the path and its mode.`,
  );
};

/** A root certificate makes `require` verify, as with libpq. */
const verifiedTls = (mode: string, ca: string | undefined): ConnectionOptions => {
  if (mode === 'require' && ca === undefined) return { rejectUnauthorized: false };
  const trusted = ca === undefined ? {} : { ca };
  return mode === 'verify-full' ? trusted : { ...trusted, checkServerIdentity: () => undefined };
};

const tlsOf = (parameters: URLSearchParams): false | ConnectionOptions => {
  const mode = parameters.get('sslmode') ?? 'disable';
  if (mode === 'disable') return false;
  if (!['require', 'verify-ca', 'verify-full'].includes(mode))
    complain(
      `asks for sslmode=${mode}; expected disable, require (encrypts, verifies nothing), verify-ca or verify-full. A mode that may fall back to plain text is not served.`,
    );
  const { pem: ca } = readPem(parameters.get('sslrootcert'), 'sslrootcert');
  const { pem: cert } = readPem(parameters.get('sslcert'), 'sslcert');
  const { pem: key } = readPem(parameters.get('sslkey'), 'sslkey');
  return { ...verifiedTls(mode, ca), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
};

const decoded = (part: string): string | undefined => {
  try {
    return part === '' ? undefined : decodeURIComponent(part);
  } catch {
    return complain(`is malformed: a % in it must start the code of a UTF-8 byte; ${expected}.`);
  }
};

/** A URL of libpq may leave the host out, in favour of a socket named behind it; a URL of the web may not. */
const withHost = (text: string): string =>
  text.replace(/^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)(?=[/?]|$)/, '$1localhost');

/** @throws {OperatorError} that never repeats the URL, as it may hold a password. */
export const readPostgresUrl = (text: string): PostgresAddress => {
  const whole = withHost(text);
  if (!URL.canParse(whole)) complain(`is no URL; ${expected}.`);
  const { username, password, hostname, port, pathname, searchParams } = new URL(whole);
  const database = decoded(pathname.slice(1));
  if (database === undefined) return complain(`names no database; ${expected}.`);
  const unknown = [...searchParams.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined)
    complain(`has the parameter ${unknown}, which is not served here; it may have ${known.join(', ')}.`);
  const host = searchParams.get('host') ?? hostname.replace(/^\[(.*)\]$/, '$1');
  const user = decoded(username);
  return {
    host,
    port: port === '' ? 5432 : Number(port),
    database,
    user,
    password: decoded(password),
    tls: tlsOf(searchParams),
    applicationName: searchParams.get('application_name') ?? 'keyturn',
    label: `${database} on ${host}${port === '' ? '' : `:${port}`}${user === undefined ? '' : ` as ${user}`}`,
  };
};

/** Where a session goes, as the driver takes it. */
export const connectionOf = (address: PostgresAddress): ClientConfig => ({
  host: address.host,
  port: address.port,
  database: address.database,
  ...(address.user !== undefined && { user: address.user }),
  ...(address.password !== undefined && { password: address.password }),
  ssl: address.tls,
  application_name: address.applicationName,
});
