// A start that cannot be: one clear message on standard error that says what to do, an exit code that is not 0, and
// nothing changed.
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Environment, readConfig } from '../../src/config.ts';
import { OperatorError } from '../../src/errors.ts';
import { openProvider } from '../../src/node.ts';
import { KeyVaultError } from '../../src/seams/key_vault.ts';
import { orEveryDay } from '../every_day.ts';
import { freePort } from '../free_port.ts';
import { createManualClock } from '../manual_clock.ts';
import {
  databasePathIn,
  environmentFor,
  makeFolder,
  type Outcome,
  processTestMilliseconds,
  ringPathIn,
  runCli,
  startServer,
} from '../running_server.ts';
import { createRecordedLog, createTestProvider, makeKekRing } from '../test_provider.ts';
import { readRows } from './key_facts.ts';

const issuer = 'http://127.0.0.1:4601';
const kekRing = makeKekRing('kek-of-these-keys');
const good = makeFolder();
let port: number;

beforeAll(async () => {
  port = await freePort();
  const clock = createManualClock(Math.floor(Date.now() / 1000) - 60);
  const environment = { KEYTURN_ISSUER: issuer };
  const { store } = await createTestProvider({ databasePath: databasePathIn(good), clock, kekRing, environment });
  await store.close();
}, processTestMilliseconds);

/** A folder with a database that has keys, and the ring that opens them. */
const newFolder = (): string => {
  const folder = makeFolder();
  copyFileSync(databasePathIn(good), databasePathIn(folder));
  writeFileSync(ringPathIn(folder), kekRing, { mode: 0o600 });
  return folder;
};

const settingsIn = (folder: string, environment: Environment): Environment =>
  environmentFor(folder, { KEYTURN_ISSUER: issuer, KEYTURN_PORT: `${port}`, ...environment });

/** The message a start in this process is refused with: everything `serve` does before it listens. */
const refusal = async (folder: string, environment: Environment = {}): Promise<string> => {
  try {
    await openProvider(readConfig(settingsIn(folder, environment)), createRecordedLog());
  } catch (error) {
    if (error instanceof OperatorError || error instanceof KeyVaultError) return error.message;
    throw error;
  }
  throw new Error('the start was not refused');
};

/** Whether a start in this process comes to sign. */
const readyAt = async (folder: string): Promise<boolean> => {
  const { keyRing, store } = await openProvider(readConfig(settingsIn(folder, {})), createRecordedLog());
  await store.close();
  return keyRing.notSigning() === undefined;
};

const expectSaid = (said: string, says: readonly (string | RegExp)[]): void => {
  for (const words of says) expect(said).toMatch(words);
};

const digestOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

describe('the ring of key-encryption keys', () => {
  const rings: readonly (readonly [string, (ring: string) => void, readonly (string | RegExp)[]])[] = [
    ['deleted', (ring) => rmSync(ring), ['is missing', 'KEYTURN_KEK_RING_FILE', 'cannot be opened']],
    [
      'of another issuer',
      (ring) => writeFileSync(ring, makeKekRing('kek-of-others')),
      ['kek-of-these-keys', 'not in the ring', 'kek-of-others', 'Put that key back'],
    ],
    [
      'with another key of the same kid',
      (ring) => writeFileSync(ring, makeKekRing('kek-of-these-keys')),
      ['does not open', 'Restore the ring'],
    ],
    ['of garbage', (ring) => writeFileSync(ring, randomBytes(200)), ['cannot be used', 'not JSON', 'Expected']],
    ['cut short', (ring) => truncateSync(ring, 20), ['cannot be used', 'not JSON']],
    ['empty', (ring) => truncateSync(ring), ['cannot be used']],
    ['without keys', (ring) => writeFileSync(ring, '{"keys":[]}'), ['cannot be used', 'Expected']],
    [
      'with a key of 16 bytes',
      (ring) => writeFileSync(ring, '{"keys":[{"kty":"oct","kid":"a","k":"AAAAAAAAAAAAAAAAAAAAAA"}]}'),
      ['cannot be used', '32 bytes'],
    ],
    ['that others can read', (ring) => chmodSync(ring, 0o644), ['can be read by others', /chmod 600 \S+ring/]],
  ];

  test.each(rings)('%s: the start is refused and the database is as it was', async (_, spoil, says) => {
    const folder = newFolder();
    const before = digestOf(databasePathIn(folder));
    spoil(ringPathIn(folder));
    const said = await refusal(folder);
    expectSaid(said, says);
    expect(digestOf(databasePathIn(folder))).toBe(before);
    for (const { k } of JSON.parse(kekRing).keys as readonly { k: string }[]) expect(said).not.toContain(k);
  });

  test('in the environment, wrong: its content is not in the message', async () => {
    const said = await refusal(newFolder(), { KEYTURN_KEK_RING: '{"keys":[{"kty":"oct","kid":"a","k":"canary"}]}' });
    expectSaid(said, ['KEYTURN_KEK_RING', 'cannot be used']);
    expect(said).not.toContain('canary');
  });

  test('missing on an issuer that is not on loopback: none is made', async () => {
    const folder = makeFolder();
    expectSaid(await refusal(folder, { KEYTURN_ISSUER: 'https://id.example.com' }), ['is missing', 'keys add-kek']);
    expect(existsSync(ringPathIn(folder))).toBe(false);
  });

  test('below a file: the ring cannot be written', async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'file'), '');
    const said = await refusal(folder, { KEYTURN_KEK_RING_FILE: join(folder, 'file', 'ring.json') });
    expectSaid(said, ['could not be written', 'KEYTURN_KEK_RING_FILE']);
  });
});

const pageBytes = 4096;

const alter = (path: string, change: (bytes: Buffer) => void): void => {
  const bytes = readFileSync(path);
  change(bytes);
  writeFileSync(path, bytes);
};

/** Flips one bit of the first place where `text` stands, `ahead` bytes in. */
const flipAt = (text: string, ahead: number) => (path: string) =>
  alter(path, (bytes) => {
    const place = bytes.indexOf(text);
    if (place === -1) throw new TypeError(`no ${text} in the file`);
    bytes[place + ahead] = (bytes[place + ahead] ?? 0) ^ 1;
  });

describe('F16: a database that is damaged', () => {
  const damages: readonly (readonly [string, (path: string) => void, readonly (string | RegExp)[]])[] = [
    [
      'in the head of every page but the first',
      (path) =>
        alter(path, (bytes) => {
          for (let page = pageBytes; page < bytes.length; page += pageBytes) bytes.fill(0x5a, page, page + 100);
        }),
      ['damaged', 'Restore it from a backup'],
    ],
    ['in the schema', (path) => alter(path, (bytes) => bytes.fill(0x5a, 100, 400)), ['damaged', 'backup']],
    ['cut in half', (path) => truncateSync(path, 5 * pageBytes), ['damaged', 'Restore it from a backup']],
    [
      'cut to nothing',
      (path) => truncateSync(path),
      ['is empty (0 bytes)', 'Restore it from a backup', /rm \S+sqlite/],
    ],
    ['cut within the header', (path) => truncateSync(path, 50), [/damaged|not an SQLite database/, 'backup']],
    ['overwritten by noise', (path) => writeFileSync(path, randomBytes(50_000)), ['not an SQLite database']],
    ['another kind of file', (path) => writeFileSync(path, 'hello\n'), ['not an SQLite database', 'Name another']],
    ['by a bit in a column of JSON', flipAt('{"kty":"EC"', 0), ['damaged', 'backup']],
  ];

  test.each(damages)('%s: the start is refused and nothing is changed', async (_, damage, says) => {
    const folder = newFolder();
    const database = databasePathIn(folder);
    damage(database);
    const before = digestOf(database);
    expectSaid(await refusal(folder), says);
    expect(digestOf(database)).toBe(before);
  });
});

describe('a database file that is empty', () => {
  test('beside a ring is refused by every command, and with a write-ahead log everywhere', async () => {
    const folder = newFolder();
    truncateSync(databasePathIn(folder));
    for (const args of [['keys', 'list'], ['users', 'list'], ['doctor']]) {
      const { code, stdout, stderr } = await runCli(args, folder, { KEYTURN_ISSUER: issuer });
      expect([code, `${stdout}${stderr}`.replaceAll(/\s+/g, ' ')]).toEqual([
        1,
        expect.stringContaining('is empty (0 bytes)'),
      ]);
    }
    rmSync(ringPathIn(folder));
    expectSaid(await refusal(folder, { KEYTURN_KEK_RING: kekRing }), ['is empty (0 bytes)']);
    writeFileSync(`${databasePathIn(folder)}-wal`, 'what was written last');
    expectSaid(await refusal(folder), ['is empty (0 bytes)']);
    expect(statSync(databasePathIn(folder)).size).toBe(0);
    rmSync(databasePathIn(folder));
    expectSaid(await refusal(folder), ['is not there', /rm \S+-wal$/]);
    expect(readdirSync(folder)).toEqual(['keyturn.sqlite-wal']);
  });

  test('without a ring is a first start, as a ring without a database is', async () => {
    const folder = makeFolder();
    writeFileSync(databasePathIn(folder), '');
    expect(await readyAt(folder)).toBe(true);
    rmSync(databasePathIn(folder));
    expect(await readyAt(folder)).toBe(true);
  });
});

describe('a place that cannot be', () => {
  const places: readonly (readonly [string, (folder: string) => string, readonly string[]])[] = [
    [
      'below a file',
      (folder) => {
        writeFileSync(join(folder, 'file'), '');
        return join(folder, 'file', 'keyturn.sqlite');
      },
      ['could not be opened', 'not a folder'],
    ],
    ['below a file, deeper', (folder) => join(databasePathIn(folder), 'a', 'b'), ['not a folder']],
    ['in /proc', () => '/proc/keyturn.sqlite', ['could not be opened', 'writable']],
    [
      'a folder',
      (folder) => {
        mkdirSync(join(folder, 'data'));
        return join(folder, 'data');
      },
      ['it is a folder, and no file'],
    ],
  ];

  test.each(places)('for the database: %s', async (_, place, says) => {
    const folder = newFolder();
    expectSaid(await refusal(folder, { KEYTURN_DATABASE_URL: `file:${place(folder)}` }), says);
  });
});

describe('a configuration that contradicts itself or the database', () => {
  const configurations: readonly (readonly [string, Environment, readonly string[]])[] = [
    ['lead', { KEYTURN_LEAD_SECONDS: '5' }, ['KEYTURN_LEAD_SECONDS is 5', '47170']],
    ['grace', { KEYTURN_GRACE_SECONDS: '5' }, ['KEYTURN_GRACE_SECONDS is 5', '3940']],
    ['period', { KEYTURN_ROTATION_PERIOD_SECONDS: '3600' }, ['KEYTURN_ROTATION_PERIOD_SECONDS is 3600', '47200']],
    ['lifetimes', { KEYTURN_ACCESS_TOKEN_SECONDS: '7200' }, ['KEYTURN_ACCESS_TOKEN_SECONDS is 7200', '3600']],
    ['an issuer that is not HTTPS', { KEYTURN_ISSUER: 'http://id.example.com' }, ['KEYTURN_ISSUER', 'https']],
    ['two wrong settings', { KEYTURN_PORT: 'x', KEYTURN_LOG_LEVEL: 'loud' }, ['KEYTURN_PORT', 'KEYTURN_LOG_LEVEL']],
    ['the issuer of another database', { KEYTURN_ISSUER: 'http://127.0.0.1:4602' }, [issuer, 'KEYTURN_ISSUER']],
  ];

  test.each(configurations)('%s: the numbers are in the message', async (_, environment, says) => {
    const folder = newFolder();
    const before = digestOf(databasePathIn(folder));
    expectSaid(await refusal(folder, environment), says);
    expect(digestOf(databasePathIn(folder))).toBe(before);
  });
});

describe('keyturn serve', { timeout: processTestMilliseconds }, () => {
  const serve = (folder: string, environment: Environment = {}): Promise<Outcome> =>
    runCli(['serve'], folder, settingsIn(folder, environment));

  const expectOneMessage = ({ code, signal, stdout, stderr }: Outcome, says: string): void => {
    expect({ code, signal }, stderr).toEqual({ code: 1, signal: null });
    // The log, if there is any yet, and nothing that reads as if the server had started.
    for (const line of stdout.split('\n').filter((text) => text !== ''))
      expect(JSON.parse(line)).toMatchObject({ level: 50 });
    expect(stderr).toContain(says);
    expect(stderr.match(/^keyturn: /gm)).toHaveLength(1);
    expect(stderr).not.toMatch(/^\s+at |node:internal|\.ts:\d+|bug in Keyturn/m);
  };

  const spoil = (how: (path: string) => void, path: string): Environment => {
    how(path);
    return {};
  };

  const inPlaceOf =
    (command: string) =>
    (path: string): void => {
      rmSync(path);
      execFileSync(command, [path]);
    };

  const starts: readonly (readonly [string, (folder: string) => Environment, string])[] = [
    [
      'another ring',
      (folder) => spoil((ring) => writeFileSync(ring, makeKekRing('other')), ringPathIn(folder)),
      'is not in the ring',
    ],
    [
      'a damaged database',
      (folder) => spoil((path) => truncateSync(path, 50), databasePathIn(folder)),
      'could not be opened',
    ],
    ['an address of another machine', () => ({ KEYTURN_HOST: '192.0.2.1' }), 'KEYTURN_HOST'],
    [
      'a named pipe for a ring',
      (folder) => spoil(inPlaceOf('mkfifo'), ringPathIn(folder)),
      'kek_ring.json could not be read: it is a named pipe, and no file',
    ],
    [
      'a named pipe for a database',
      (folder) => spoil(inPlaceOf('mkfifo'), databasePathIn(folder)),
      'keyturn.sqlite could not be opened: it is a named pipe, and no file',
    ],
    [
      'a named pipe for the root certificate of Postgres',
      (folder) => {
        spoil(inPlaceOf('mkfifo'), ringPathIn(folder));
        const parameters = `sslmode=verify-full&sslrootcert=${ringPathIn(folder)}`;
        return { KEYTURN_DATABASE_URL: `postgres://ada@127.0.0.1:1/id?${parameters}` };
      },
      'cannot be read: it is a named pipe, and no file',
    ],
    ['no ring', (folder) => spoil(rmSync, ringPathIn(folder)), 'is missing'],
    ['a place below a file', () => ({ KEYTURN_DATABASE_URL: 'file:/dev/null/x' }), 'could not be opened'],
    [
      'a folder for a ring',
      (folder) => spoil(inPlaceOf('mkdir'), ringPathIn(folder)),
      'kek_ring.json could not be read: it is a folder, and no file',
    ],
    ['a device for a ring', () => ({ KEYTURN_KEK_RING_FILE: '/dev/zero' }), 'zero could not be read: it is a device'],
    ['a device for a database', () => ({ KEYTURN_DATABASE_URL: 'file:/dev/null' }), 'not be opened: it is a device'],
    ['a contradiction', () => ({ KEYTURN_LEAD_SECONDS: '5' }), 'KEYTURN_LEAD_SECONDS is 5'],
  ];

  // Every day one for each way to be refused, and what a start could wait for.
  test.each(orEveryDay(starts, starts.slice(0, 6)))(
    '%s: one message on standard error, no stack, exit code 1',
    async (_, environmentOf, says) => {
      const folder = newFolder();
      expectOneMessage(await serve(folder, environmentOf(folder)), says);
    },
  );

  test('a port that is in use: one message that names it, and the keys are as they were', async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(port, '127.0.0.1', listening));
    const folder = newFolder();
    const before = await readRows(databasePathIn(folder));
    expectOneMessage(await serve(folder), `Port ${port} on 127.0.0.1 is in use`);
    await new Promise((closed) => other.close(closed));
    expect(await readRows(databasePathIn(folder))).toEqual(before);
  });

  test('a misspelt setting is told besides', async () => {
    const { code, stderr } = await serve(newFolder(), { KEYTURN_LEED_SECONDS: '1', KEYTURN_LEAD_SECONDS: '5' });
    expect(code).toBe(1);
    expect(stderr).toContain('KEYTURN_LEED_SECONDS');
  });
});

describe('a database that others can touch', { timeout: processTestMilliseconds }, () => {
  const warningsOf = async (folder: string): Promise<readonly string[]> => {
    const server = await startServer(folder, { KEYTURN_ISSUER: issuer });
    await server.stop();
    const records = (server.stdout().match(/^\{.*$/gm) ?? []).map((line) => JSON.parse(line));
    return records.flatMap(({ level, msg }) => (level >= 40 && msg.includes('database') ? [msg] : []));
  };

  test('is served, and each start warns of it with what to run; one that is made is for its owner alone', async () => {
    const folder = makeFolder();
    expect(await warningsOf(folder)).toEqual([]);
    const database = databasePathIn(folder);
    expect(statSync(database).mode & 0o777).toBe(0o600);
    const run = `Run: chmod 600 ${database}*`;
    chmodSync(database, 0o644);
    expect(await warningsOf(folder)).toEqual([`others on this machine can read the database ${database}. ${run}`]);
    chmodSync(database, 0o620);
    expect(await warningsOf(folder)).toEqual([`others on this machine can change the database ${database}. ${run}`]);
    chmodSync(database, 0o600);
    expect(await warningsOf(folder)).toEqual([]);
  });
});
