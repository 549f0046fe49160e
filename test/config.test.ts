import { describe, expect, test } from 'vitest';
import { type Environment, readConfig, unknownSettings } from '../src/config.ts';
import { OperatorError } from '../src/errors.ts';
import { type SettingName, settings } from '../src/settings.ts';

const day = 86400;
const year = 366 * day;

const refusalOf = (environment: Environment): string => {
  try {
    readConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError);
    return (error as OperatorError).message;
  }
  throw new Error(`accepted: ${JSON.stringify(environment)}`);
};

describe('the configuration when nothing is set', () => {
  const config = readConfig({});

  test('is a development issuer on loopback', () => {
    expect(config).toMatchObject({
      issuer: 'http://localhost:3000',
      loopback: true,
      host: '127.0.0.1',
      port: 3000,
      databaseUrl: 'file:keyturn.sqlite',
      kekRing: undefined,
      kekRingFile: 'keys/kek_ring.json',
      accessTokenSeconds: 600,
    });
  });

  test('has the least safe lead, P + S + max(A, V) + 2E + F, and the least safe grace, P + T + L + 2E', () => {
    expect(config.policy.leadSeconds).toBe(30 + 300 + Math.max(300, 46800) + 2 * 5 + 30);
    expect(config.policy.graceSeconds).toBe(30 + 3600 + 300 + 2 * 5);
  });

  test('is the same when every setting is there and empty, as an empty value counts as absent', () => {
    const empty = Object.fromEntries(Object.keys(settings).map((name) => [name, '']));
    expect(readConfig(empty)).toEqual(config);
  });
});

const bounds: Readonly<Partial<Record<SettingName, readonly [minimum: number, maximum: number]>>> = {
  KEYTURN_PORT: [1, 65535],
  KEYTURN_ROTATION_PERIOD_SECONDS: [1, 10 * year],
  KEYTURN_LEAD_SECONDS: [0, year],
  KEYTURN_GRACE_SECONDS: [0, 10 * year],
  KEYTURN_MAX_TOKEN_SECONDS: [1, year],
  KEYTURN_ACCESS_TOKEN_SECONDS: [1, year],
  KEYTURN_ID_TOKEN_SECONDS: [1, year],
  KEYTURN_REFRESH_TOKEN_SECONDS: [1, 10 * year],
  KEYTURN_REFRESH_FAMILY_SECONDS: [1, 10 * year],
  KEYTURN_REFRESH_RETRY_SECONDS: [0, 300],
  KEYTURN_SESSION_IDLE_SECONDS: [1, 10 * year],
  KEYTURN_SESSION_SECONDS: [1, 10 * year],
  KEYTURN_AUDIT_SECONDS: [0, 100 * year],
  KEYTURN_TRUSTED_PROXIES: [0, 16],
  KEYTURN_CLIENT_REQUESTS_PER_SECOND: [0, 1_000_000],
  KEYTURN_JWKS_MAX_AGE_SECONDS: [0, day],
  KEYTURN_SHARED_CACHE_SECONDS: [0, 30 * day],
  KEYTURN_SLOWEST_VERIFIER_SECONDS: [0, 90 * day],
  KEYTURN_SNAPSHOT_SECONDS: [1, 3600],
  KEYTURN_CLOCK_ERROR_SECONDS: [0, 3600],
  KEYTURN_LEEWAY_SECONDS: [0, 3600],
  KEYTURN_FETCH_TIMEOUT_SECONDS: [0, 300],
  KEYTURN_STATUS_LIST_TTL_SECONDS: [1, 3600],
  KEYTURN_STATUS_LIST_PLACES: [1024, 2 ** 24],
  KEYTURN_MAX_CONNECTIONS: [1, 1_000_000],
  KEYTURN_DATABASE_CONNECTIONS: [1, 1000],
  KEYTURN_DRAIN_SECONDS: [0, 300],
  KEYTURN_KEEP_ALIVE_SECONDS: [1, 3600],
  KEYTURN_PROCESSES: [1, 64],
  KEYTURN_METRICS_PORT: [1, 65535],
};

describe('bounds', () => {
  test('every whole number is tested here', () => {
    const isNumber = (schema: { safeParse(text: string): { readonly data?: unknown } }): boolean =>
      ['1', '1024'].some((text) => schema.safeParse(text).data === Number(text));
    const numbers = Object.entries(settings).filter(([, { schema }]) => isNumber(schema));
    expect(numbers.map(([name]) => name).sort()).toEqual(Object.keys(bounds).sort());
  });

  test.each(Object.entries(bounds))(
    '%s takes its least and its most, and nothing beyond',
    (name, [minimum, maximum]) => {
      const { schema } = settings[name as SettingName];
      expect(schema.safeParse(String(minimum)).data).toBe(minimum);
      expect(schema.safeParse(String(maximum)).data).toBe(maximum);
      const above = refusalOf({ [name]: String(maximum + 1) });
      expect(above).toContain(`${name}: expected at most ${maximum}; found "${maximum + 1}"`);
      if (minimum > 0)
        expect(refusalOf({ [name]: String(minimum - 1) })).toContain(
          `${name}: expected at least ${minimum}; found "${minimum - 1}"`,
        );
    },
  );

  test.each(['-1', '1.5', '1e3', '0x10', ' 60', '60s', '12345678901', 'Infinity'])(
    '%j is not a whole number in digits',
    (found) => {
      const message = refusalOf({ KEYTURN_DRAIN_SECONDS: found });
      expect(message).toContain(
        `KEYTURN_DRAIN_SECONDS: expected a whole number, in digits; found ${JSON.stringify(found)}`,
      );
    },
  );

  test('everything that is wrong is said at once, with the page to read', () => {
    const message = refusalOf({ KEYTURN_PORT: '0', KEYTURN_DATABASE_URL: 'mysql://db', KEYTURN_LOG_LEVEL: 'loud' });
    for (const name of ['KEYTURN_PORT', 'KEYTURN_DATABASE_URL', 'KEYTURN_LOG_LEVEL', 'docs/configuration.md'])
      expect(message).toContain(name);
  });

  test.each([
    [
      'KEYTURN_DATABASE_URL',
      'postgres://ada:canary@db.example.com',
      'expected file:PATH, the SQLite file, or postgres',
    ],
    ['KEYTURN_DATABASE_URL', 'jdbc:postgresql://db.example.com/keyturn?user=ada&password=canary', 'expected file:PATH'],
    ['KEYTURN_ISSUER', 'http://ada:canary@id.example.com', 'expected https;'],
    ['KEYTURN_REMOTE', 'https://ada:canary@id.example.com', 'expected no query, fragment or user name in it'],
  ])('a URL that is refused is not quoted where it may hold a password: %s', (name, url, says) => {
    const message = refusalOf({ [name]: url });
    expect(message).toContain(`${name}: ${says}`);
    expect(message).not.toContain('canary');
  });

  test('a ring that is refused is not quoted in the message', () => {
    const { KEYTURN_KEK_RING } = settings;
    expect(KEYTURN_KEK_RING.schema.safeParse('').success).toBe(false);
    const message = refusalOf({ KEYTURN_KEK_RING: '{"keys":[{"k":"canary"}]}', KEYTURN_PORT: '0' });
    expect(message).not.toContain('canary');
  });
});

describe('the issuer, RFC 8414 §2', () => {
  test.each([
    'https://id.example.com',
    'https://id.example.com/tenant',
    'https://id.example.com/te/b2c_1a:sign-in(v2)',
    'https://id.example.com:8443',
    'http://localhost:3000',
    'http://127.0.0.1:4100',
    'http://[::1]:4100',
  ])('%s is taken as it is', (issuer) => {
    expect(readConfig({ KEYTURN_ISSUER: issuer }).issuer).toBe(issuer);
  });

  test.each([
    ['http://id.example.com', 'expected https; http is for loopback alone'],
    ['http://localhost.example.com', 'expected https; http is for loopback alone'],
    ['http://127.0.0.1.example.com', 'expected https; http is for loopback alone'],
    ['ftp://localhost', 'expected https; http is for loopback alone'],
    ['id.example.com', 'expected an absolute URL'],
    ['https://id.example.com/', 'canonical form, https://id.example.com:'],
    ['https://id.example.com/tenant/', 'canonical form, https://id.example.com/tenant:'],
    ['https://ID.example.com', 'canonical form, https://id.example.com:'],
    ['https://id.example.com:443', 'canonical form, https://id.example.com:'],
    ['https://id.example.com?x=1', 'no query, fragment or user name'],
    ['https://id.example.com?', 'no query, fragment or user name'],
    ['https://id.example.com#', 'no query, fragment or user name'],
    ['https://me@id.example.com', 'no query, fragment or user name'],
    ['https://id.example.com/My%20Realm', 'no %, * or | and no segment that starts with a colon'],
    ['https://id.example.com/realms/:name', 'no %, * or | and no segment that starts with a colon'],
    ['https://id.example.com/a*b', 'no %, * or | and no segment that starts with a colon'],
    ['https://id.example.com/a|b', 'no %, * or | and no segment that starts with a colon'],
  ])('%s is refused: %s', (issuer, reason) => {
    const message = refusalOf({ KEYTURN_ISSUER: issuer });
    expect(message).toContain('KEYTURN_ISSUER');
    expect(message).toContain(reason);
  });

  test('is on loopback by its host alone', () => {
    expect(readConfig({ KEYTURN_ISSUER: 'https://localhost' }).loopback).toBe(true);
    expect(readConfig({ KEYTURN_ISSUER: 'https://localhost.example.com' }).loopback).toBe(false);
  });
});

test('the folder in which systemd hands over files is as systemd says', () => {
  expect(readConfig({ CREDENTIALS_DIRECTORY: '/run/credentials/keyturn.service' }).credentials).toBe(
    '/run/credentials/keyturn.service',
  );
});

describe('the host', () => {
  test.each([
    [{}, '127.0.0.1'],
    [{ KEYTURN_ISSUER: 'http://[::1]:8080' }, '::1'],
    [{ KEYTURN_ISSUER: 'http://[::1]:8080', KEYTURN_HOST: '::' }, '::'],
    [{ KEYTURN_ISSUER: 'https://id.example.com' }, '127.0.0.1'],
  ])('%j listens on %s', (environment: Environment, host) => {
    expect(readConfig(environment).host).toBe(host);
  });
});

describe('the port', () => {
  test.each([
    [{ KEYTURN_ISSUER: 'http://localhost:4123' }, 4123],
    [{ KEYTURN_ISSUER: 'http://localhost:4123', KEYTURN_PORT: '8080' }, 8080],
    [{ KEYTURN_ISSUER: 'https://id.example.com:8443' }, 3000],
    [{ KEYTURN_ISSUER: 'http://localhost' }, 3000],
  ])('%j listens on %i', (environment, port) => {
    expect(readConfig(environment).port).toBe(port);
  });

  test('set by Kubernetes for a Service named keyturn is recognised, with the way out', () => {
    const message = refusalOf({ KEYTURN_PORT: 'tcp://10.0.0.1:3000' });
    expect(message).toContain('enableServiceLinks: false');
  });
});

describe('contradictions are refused with the numbers on both sides', () => {
  const contradictory: readonly [string, Environment, readonly string[]][] = [
    [
      'lead under P + S + max(A, V) + 2E + F',
      { KEYTURN_LEAD_SECONDS: '47169' },
      ['KEYTURN_LEAD_SECONDS is 47169', '47170 s old', '30 + 300 + max(300, 46800) + 2*5 + 30', 'Raise it to 47170'],
    ],
    [
      'lead under a max-age longer than the slowest verifier',
      { KEYTURN_LEAD_SECONDS: '600', KEYTURN_SLOWEST_VERIFIER_SECONDS: '0', KEYTURN_JWKS_MAX_AGE_SECONDS: '900' },
      ['KEYTURN_LEAD_SECONDS is 600', '1270 s old', 'max(900, 0)'],
    ],
    [
      'grace under P + T + L + 2E',
      { KEYTURN_GRACE_SECONDS: '3939' },
      ['KEYTURN_GRACE_SECONDS is 3939', 'good for 3940 s', '30 + 3600 + 300 + 2*5', 'Raise it to 3940'],
    ],
    [
      'a period no longer than lead + P',
      { KEYTURN_ROTATION_PERIOD_SECONDS: '47200' },
      ['KEYTURN_ROTATION_PERIOD_SECONDS is 47200', '47170 + 30', 'longer than 47200'],
    ],
    [
      'an access token that outlives T',
      { KEYTURN_ACCESS_TOKEN_SECONDS: '3601' },
      ['KEYTURN_ACCESS_TOKEN_SECONDS is 3601', 'KEYTURN_MAX_TOKEN_SECONDS, 3600'],
    ],
  ];

  test.each(contradictory)('%s', (_, environment, said) => {
    const message = refusalOf(environment);
    for (const part of said) expect(message).toContain(part);
  });

  test('one second more and each holds', () => {
    expect(readConfig({ KEYTURN_LEAD_SECONDS: '47170' }).policy.leadSeconds).toBe(47170);
    expect(readConfig({ KEYTURN_GRACE_SECONDS: '3940' }).policy.graceSeconds).toBe(3940);
    expect(readConfig({ KEYTURN_ROTATION_PERIOD_SECONDS: '47201' }).policy.periodSeconds).toBe(47201);
    expect(readConfig({ KEYTURN_ACCESS_TOKEN_SECONDS: '3600' }).accessTokenSeconds).toBe(3600);
  });

  test('all are said at once', () => {
    const message = refusalOf({ KEYTURN_LEAD_SECONDS: '1', KEYTURN_GRACE_SECONDS: '1' });
    expect(message).toContain('KEYTURN_LEAD_SECONDS is 1');
    expect(message).toContain('KEYTURN_GRACE_SECONDS is 1');
  });
});

describe('unknown settings', () => {
  test('a misspelt one is named, since the default would silently stay in force', () => {
    const environment = { KEYTURN_ISUER: 'https://id.example.com', KEYTURN_ISSUER: 'x', PATH: '/bin' };
    expect(unknownSettings(environment)).toEqual(['KEYTURN_ISUER']);
  });

  test('the variables Kubernetes sets for a Service named keyturn are not settings', () => {
    const links = { KEYTURN_SERVICE_HOST: '10.0.0.1', KEYTURN_PORT_3000_TCP: 'tcp://10.0.0.1:3000' };
    expect(unknownSettings(links)).toEqual([]);
  });
});
