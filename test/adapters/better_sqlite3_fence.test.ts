import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, test } from 'vitest';
import { connect } from '../../src/adapters/better_sqlite3_connection.ts';
import { openSqliteDatabase } from '../../src/adapters/better_sqlite3_database.ts';
import { createFence } from '../../src/adapters/better_sqlite3_fence.ts';
import { composeSqlStore } from '../../src/adapters/sql_store.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';
import { makeSession, makeUser, now } from '../contracts/records.ts';
import { createManualClock } from '../manual_clock.ts';
import { makeFolder } from '../running_server.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = makeFolder();
  path = join(folder, 'db.sqlite');
});

/** Overwrites every page but the first. */
const damage = (): void => {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(statSync(path).size - 4096, 0x5a), 0, undefined, 4096);
  closeSync(file);
};

const failure = (code: string): Error => Object.assign(new Error('as SQLite says it'), { code });

describe('the fence of a database whose disk cannot be trusted', () => {
  test.each(['SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_WRITE', 'SQLITE_CORRUPT', 'SQLITE_CORRUPT_INDEX', 'SQLITE_NOTADB'])(
    '%s shuts it, wherever it is nested, and says so once',
    async (code) => {
      const fence = createFence();
      expect(fence.reason()).toBeUndefined();
      fence.watch(new StoreUnavailableError('a read', { cause: failure(code) }));
      fence.watch(failure('SQLITE_IOERR_TRUNCATE'));
      expect(fence.reason()).toBe('the disk failed under the database, or its file is damaged');
      expect(await fence.fenced).toBe(`${fence.reason()} (${code})`);
    },
  );

  test.each(['SQLITE_FULL', 'SQLITE_BUSY', 'SQLITE_IOERR_SHMSIZE', 'SQLITE_CONSTRAINT_UNIQUE', 'EIO'])(
    '%s heals by itself and leaves it open',
    (code) => {
      const fence = createFence();
      fence.watch(failure(code));
      fence.watch(undefined);
      expect(fence.reason()).toBeUndefined();
    },
  );

  test('a page that turns out damaged while it runs ends all writing', async () => {
    const connection = connect(openSqliteDatabase(path));
    const { store } = composeSqlStore(connection, createManualClock(now));
    await store.addUser(makeUser('sub-1'));
    await connection.erase();
    damage();
    // Another connection's commit makes this one read the pages anew.
    const other = new Database(path);
    expect(() => other.pragma('user_version = 1')).not.toThrow();
    await expect(store.findUserByLogin('nobody')).rejects.toThrow(StoreUnavailableError);
    expect(await connection.fence.fenced).toContain('SQLITE_CORRUPT');
    await expect(store.addSession(makeSession('a session', { sub: 'sub-1' }), null)).rejects.toThrow(
      StoreUnavailableError,
    );
    other.close();
  });
});
