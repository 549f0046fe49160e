import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGroupCommit } from '../../src/adapters/better_sqlite3_group_commit.ts';
import { databasePathIn, makeFolder, removeFolder } from '../running_server.ts';

const full = 2;
let folder: string;
let client: Database.Database;
let trace: string[];

beforeEach(() => {
  folder = makeFolder();
  trace = [];
  client = new Database(databasePathIn(folder), { verbose: (statement) => trace.push(String(statement)) });
  client.pragma('journal_mode = WAL');
  client.pragma('synchronous = FULL');
  client.exec('CREATE TABLE item (name TEXT PRIMARY KEY)');
  trace.length = 0;
});

afterEach(() => {
  client.close();
  removeFolder(folder);
});

const inserting = (name: string) => () => client.prepare('INSERT INTO item VALUES (?)').run(name).changes;
const names = (): readonly unknown[] => client.prepare('SELECT name FROM item ORDER BY name').pluck().all();
const waitsForDisk = (): boolean => !trace.some((statement) => /synchronous = NORMAL/i.test(statement));
const synchronous = (): unknown => client.pragma('synchronous', { simple: true });

describe('writes that a power failure may take back', () => {
  test('alone in their turn they do not wait for the disk, and the next write does', async () => {
    const { write, writeUnsynced } = createGroupCommit(client);
    expect(await writeUnsynced(inserting('a'))).toBe(1);
    expect(waitsForDisk()).toBe(false);
    trace.length = 0;
    await write(inserting('b'));
    expect(waitsForDisk()).toBe(true);
    expect(synchronous()).toBe(full);
    expect(names()).toEqual(['a', 'b']);
  });

  test('in a turn with one that must stand, all wait for the disk', async () => {
    const { write, writeUnsynced } = createGroupCommit(client);
    await Promise.all([writeUnsynced(inserting('a')), write(inserting('b')), writeUnsynced(inserting('c'))]);
    expect(waitsForDisk()).toBe(true);
    expect(names()).toEqual(['a', 'b', 'c']);
  });

  test('one that fails undoes itself alone, and leaves the connection waiting for the disk again', async () => {
    const { writeUnsynced } = createGroupCommit(client);
    const [kept, failed] = await Promise.allSettled([
      writeUnsynced(inserting('a')),
      writeUnsynced(() => {
        inserting('b')();
        throw new TypeError('broken');
      }),
    ]);
    expect([kept?.status, failed?.status]).toEqual(['fulfilled', 'rejected']);
    expect(names()).toEqual(['a']);
    expect(synchronous()).toBe(full);
  });
});
