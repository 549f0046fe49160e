import { describe, expect, test } from 'vitest';
import { readPostgresUrl } from '../../src/adapters/postgres_url.ts';
import { OperatorError } from '../../src/errors.ts';

const reasonFor = (url: string): string => {
  try {
    readPostgresUrl(url);
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
  }
  throw new Error('expected it to be refused');
};

describe('a postgres:// URL', () => {
  test('says where the database is, and percent-encoded characters are those they stand for', () => {
    expect(readPostgresUrl('postgres://key%40turn:p%2Fw%3A%25@db.example.com:6432/id%20p')).toMatchObject({
      host: 'db.example.com',
      port: 6432,
      user: 'key@turn',
      password: 'p/w:%',
      database: 'id p',
      tls: false,
      applicationName: 'keyturn',
    });
  });

  test('may leave out the port, the user and the password, or name an IPv6 address or a socket', () => {
    expect(readPostgresUrl('postgresql://[::1]/id')).toMatchObject({ host: '::1', port: 5432, user: undefined });
    const socket = { host: '/var/run/postgresql', database: 'id', password: undefined };
    expect(readPostgresUrl('postgres:///id?host=/var/run/postgresql')).toMatchObject({ ...socket, user: undefined });
    expect(readPostgresUrl('postgres://ada@/id?host=/var/run/postgresql')).toMatchObject({ ...socket, user: 'ada' });
  });

  test('with sslmode means what it means to libpq: require encrypts, verify-ca verifies, verify-full also the name', () => {
    const tlsOf = (parameters: string) => readPostgresUrl(`postgres://db.example.com/id?${parameters}`).tls;
    expect(tlsOf('sslmode=disable')).toBe(false);
    expect(tlsOf('sslmode=require')).toEqual({ rejectUnauthorized: false });
    expect(tlsOf('sslmode=verify-ca')).toEqual({ checkServerIdentity: expect.any(Function) });
    expect(tlsOf('sslmode=verify-full')).toEqual({});
    expect(tlsOf('sslmode=verify-full&sslrootcert=package.json')).toEqual({ ca: expect.stringContaining('keyturn') });
    // libpq: a root certificate makes require verify.
    expect(tlsOf('sslmode=require&sslrootcert=package.json')).toMatchObject({ ca: expect.any(String) });
    expect(tlsOf('sslmode=require&sslrootcert=package.json')).not.toHaveProperty('rejectUnauthorized');
  });

  test.each([
    ['postgres://ada:hunter2@db.example.com', /names no database/],
    ['postgres://ada:hun%ter2@db.example.com/id', /% in it must start the code/],
    ['postgres://ada:hunter2@db.example.com:many/id', /is no URL/],
    ['postgres://ada:hunter2@db.example.com/id?sslmode=prefer', /sslmode=prefer; expected disable, require/],
    [
      'postgres://ada:hunter2@db.example.com/id?sslmode=verify-full&sslrootcert=/nowhere.pem',
      /nowhere.pem as sslrootcert/,
    ],
    ['postgres://ada:hunter2@db.example.com/id?target_session_attrs=any', /target_session_attrs, which is not served/],
  ])('that cannot be used is refused with what to put right, and never repeated: %s', (url, reason) => {
    expect(reasonFor(url)).toMatch(reason);
    expect(reasonFor(url)).not.toMatch(/hunter2|hun%ter2/);
  });
});
