import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect } from '../../src/adapters/better_sqlite3_connection.ts';
import { openSqliteDatabase, walPagesBeforeCheckpoint } from '../../src/adapters/better_sqlite3_database.ts';
import { createFence, type Fence } from '../../src/adapters/better_sqlite3_fence.ts';
import { createGroupCommit, type GroupCommit } from '../../src/adapters/better_sqlite3_group_commit.ts';
import { makeFolder } from '../running_server.ts';

const pageBytes = 4096;
/** Of a row that fills a hundred pages. */
const rowBytes = 100 * pageBytes;
const rowsPerLog = walPagesBeforeCheckpoint / 100;

let path: string;
let client: Database.Database;
let fence: Fence;
let commit: GroupCommit;
let told: object[];

beforeEach(() => {
  // On a disk: whoever waits for none, as in memory, writes as fast as the log is copied.
  path = join(makeFolder('/tmp'), 'db.sqlite');
  client = openSqliteDatabase(path);
  client.exec('CREATE TABLE filler (content BLOB)');
  fence = createFence();
  told = [];
  const tell = (fields: object, message: string): unknown => told.push({ message, ...fields });
  commit = createGroupCommit(client, undefined, fence, undefined, { info: tell, warn: tell, error: tell });
});
afterEach(async () => {
  await commit.drain();
  client.close();
});

const addRow = (bytes = rowBytes): Promise<unknown> =>
  commit.write(() => client.prepare(`INSERT INTO filler VALUES (zeroblob(${bytes}))`).run());

/** By two who take turns, so that there is always one who writes. */
const addRowsUntil = async (isEnough: () => boolean, bytes = rowBytes): Promise<void> => {
  const goOn = async (): Promise<void> => {
    while (!isEnough()) await addRow(bytes);
  };
  await Promise.all([goOn(), goOn()]);
};

const addRows = (total: number, bytes = rowBytes): Promise<void> => {
  let begun = 0;
  return addRowsUntil(() => {
    begun += 1;
    return begun > total;
  }, bytes);
};

const logBytes = (): number => statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
const databaseBytes = (): number => statSync(path).size;

const growing = 'the write-ahead log of the database cannot be copied into it, and grows';

describe('a long write-ahead log', () => {
  /** While rows are added until then, or far more than a log has. */
  const watchLog = async (): Promise<{ readonly longest: number; readonly isAnew: boolean }> => {
    const look = client.prepare<[], { log: number }>('PRAGMA wal_checkpoint(NOOP)');
    let [longest, isAnew] = [0, false];
    await addRowsUntil(() => {
      const now = look.get()?.log ?? 0;
      isAnew ||= now < longest;
      longest = Math.max(longest, now);
      return isAnew || longest > 8 * walPagesBeforeCheckpoint;
    }, rowBytes / 10);
    return { longest, isAnew };
  };

  test('is copied into the database, and begins anew while others go on writing', async () => {
    const { longest, isAnew } = await watchLog();
    expect(isAnew).toBe(true);
    expect(longest).toBeGreaterThan(walPagesBeforeCheckpoint);
    expect(databaseBytes()).toBeGreaterThan(rowsPerLog * rowBytes);
  });

  test('begins anew while another process goes on writing as well', async () => {
    const other = openSqliteDatabase(path);
    const { write, drain } = createGroupCommit(other);
    const add = other.prepare('INSERT INTO filler VALUES (zeroblob(1))');
    let isOver = false;
    const goOn = async (): Promise<void> => {
      while (!isOver) await write(() => add.run());
    };
    const writing = Promise.all([goOn(), goOn()]);
    expect(await watchLog()).toMatchObject({ isAnew: true });
    isOver = true;
    await writing;
    await drain();
    other.close();
  });

  test('is copied on a connection other than that which answers requests', async () => {
    const statements: string[] = [];
    const traced = new Database(path, { verbose: (statement) => statements.push(String(statement)) });
    const { write, drain } = createGroupCommit(traced);
    const add = traced.prepare(`INSERT INTO filler VALUES (zeroblob(${rowBytes}))`);
    for (let row = 0; row < 2 * rowsPerLog; row += 1) await write(() => add.run());
    await drain();
    expect(databaseBytes()).toBeGreaterThan(rowsPerLog * rowBytes);
    expect(statements.filter((statement) => statement.includes('wal_checkpoint(PASSIVE)'))).toEqual([]);
    traced.close();
  });

  test('leaves nothing behind when the database is closed', async () => {
    await addRows(2 * rowsPerLog);
    await commit.drain();
    client.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
    client = openSqliteDatabase(path);
    commit = createGroupCommit(client);
  });

  test('is emptied by what erases, also while it is copied', async () => {
    const connection = connect(client, commit);
    const adding = addRows(2 * rowsPerLog);
    for (let turn = 0; turn < 20; turn += 1) {
      await connection.erase();
      await new Promise(setImmediate);
    }
    await adding;
    await connection.erase();
    expect(logBytes()).toBe(0);
  });

  test('is emptied by what another process erases, also while it is copied here', async () => {
    const other = connect(openSqliteDatabase(path));
    for (let log = 0; log < 8; log += 1) {
      await addRows(rowsPerLog + 16);
      await other.erase();
      expect(logBytes()).toBe(0);
    }
    await other.close();
  });

  test('stays where the database was moved elsewhere, which is told, and nothing is done to the file that has its name now', async () => {
    renameSync(path, `${path}.elsewhere`);
    writeFileSync(path, 'another');
    await addRows(2 * rowsPerLog);
    await commit.uncopied();
    expect(fence.reason()).toBeUndefined();
    expect(logBytes()).toBeGreaterThan(2 * rowsPerLog * rowBytes);
    expect(readFileSync(path, 'utf8')).toBe('another');
    // Tried again after a thousand commits, of which one may hold two rows.
    await addRows(2100, 1);
    await commit.uncopied();
    expect(told).toEqual([
      { message: growing, reason: 'The database was moved while it was open: put it back in its place.' },
    ]);
    renameSync(`${path}.elsewhere`, path);
    while (databaseBytes() < 2 * rowsPerLog * rowBytes) await addRow(1);
  });

  test('that another process keeps from beginning anew, because it reads, is told once each time, with what to do', async () => {
    const reader = new Database(path);
    const readMeanwhile = async (): Promise<void> => {
      reader.exec('BEGIN');
      reader.prepare('SELECT count(*) FROM filler').get();
      await addRows(3 * rowsPerLog);
      await commit.uncopied();
      expect(told).toEqual([]);
      await addRows(2 * rowsPerLog);
      await commit.uncopied();
      reader.exec('COMMIT');
      await addRows(rowsPerLog);
      await commit.uncopied();
    };
    await readMeanwhile();
    const advice = expect.stringContaining('a forgotten sqlite3');
    expect(told.splice(0)).toEqual([{ message: growing, reason: 'it is being read', advice }]);
    await readMeanwhile();
    expect(told).toHaveLength(1);
    reader.close();
  });

  test('that another process copied is told anew when it grows again', async () => {
    const elsewhere = async (work: () => Promise<void>): Promise<void> => {
      renameSync(path, `${path}.elsewhere`);
      writeFileSync(path, 'another');
      await work();
      renameSync(`${path}.elsewhere`, path);
    };
    const grow = async (): Promise<void> => {
      await addRows(2 * rowsPerLog);
      await commit.uncopied();
    };
    await elsewhere(grow);
    expect(told).toHaveLength(1);
    const other = new Database(path);
    other.pragma('wal_checkpoint(TRUNCATE)');
    other.close();
    // Looked at again after a thousand commits, of which one may hold two rows.
    await addRows(2100, 1);
    await elsewhere(grow);
    expect(told).toHaveLength(2);
  });
});
