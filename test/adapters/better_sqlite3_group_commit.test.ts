import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect } from '../../src/adapters/better_sqlite3_connection.ts';
import { openSqliteDatabase } from '../../src/adapters/better_sqlite3_database.ts';
import { createGroupCommit } from '../../src/adapters/better_sqlite3_group_commit.ts';
import { composeSqlStore } from '../../src/adapters/sql_store.ts';
import { StoreUnavailableError } from '../../src/seams/store.ts';
import { addStanding, makeRefreshToken, makeSession, now, startFamily } from '../contracts/records.ts';
import { createManualClock } from '../manual_clock.ts';
import { makeFolder } from '../running_server.ts';

let folder: string;
let path: string;
let trace: string[];
let client: Database.Database;
let neighbour: Database.Database;

beforeEach(() => {
  folder = makeFolder();
  path = join(folder, 'db.sqlite');
  trace = [];
  client = new Database(path, { verbose: (statement) => trace.push(String(statement)) });
  client.pragma('journal_mode = WAL');
  client.exec('CREATE TABLE item (name TEXT PRIMARY KEY)');
  neighbour = new Database(path, { timeout: 0 });
  trace.length = 0;
});

afterEach(() => {
  client.close();
  neighbour.close();
});

const inserting = (name: string) => () => client.prepare('INSERT INTO item VALUES (?)').run(name).changes;

/** What is on disk: seen by another connection. */
const names = (): readonly unknown[] => neighbour.prepare('SELECT name FROM item ORDER BY name').pluck().all();

const count = (statement: string): number => trace.filter((traced) => traced.startsWith(statement)).length;

const numbered = (total: number): readonly string[] =>
  Array.from({ length: total }, (_, turn) => `item-${String(turn).padStart(3, '0')}`);

describe('group commit', () => {
  test('the writes of one turn share one transaction and run in order', async () => {
    const { write } = createGroupCommit(client);
    const answers = await Promise.all(numbered(100).map((name, turn) => write(() => [turn, inserting(name)()])));
    expect(answers).toEqual(numbered(100).map((_, turn) => [turn, 1]));
    expect(names()).toEqual(numbered(100));
    expect(count('BEGIN IMMEDIATE')).toBe(1);
    expect(count('COMMIT')).toBe(1);
  });

  test('writes of the next turn go into the next transaction', async () => {
    const { write } = createGroupCommit(client);
    await write(inserting('first'));
    await write(inserting('second'));
    expect(count('COMMIT')).toBe(2);
  });

  test('no promise resolves before COMMIT', async () => {
    const { write } = createGroupCommit(client);
    await Promise.all(
      numbered(10).map(async (name) => {
        await write(inserting(name));
        trace.push(`answered, on disk: ${names().length}`);
      }),
    );
    const commit = trace.indexOf('COMMIT');
    const answered = trace.flatMap((line, place) => (line.startsWith('answered') ? [place] : []));
    expect(answered).toHaveLength(10);
    expect(commit).toBeGreaterThan(0);
    expect(Math.min(...answered)).toBeGreaterThan(commit);
    expect(trace.filter((line) => line.startsWith('answered'))).toEqual(Array(10).fill('answered, on disk: 10'));
  });

  test('a write that fails undoes what it did itself, and its neighbours are committed', async () => {
    const { write } = createGroupCommit(client);
    const failing = () => {
      inserting('half done')();
      throw new RangeError('no more');
    };
    const answers = await Promise.allSettled([write(inserting('before')), write(failing), write(inserting('after'))]);
    expect(answers).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: new RangeError('no more') },
      { status: 'fulfilled', value: 1 },
    ]);
    expect(names()).toEqual(['after', 'before']);
    expect(count('COMMIT')).toBe(1);
  });

  test('a write that breaks a constraint is told so: that is no outage', async () => {
    const { write } = createGroupCommit(client);
    const answers = await Promise.allSettled([write(inserting('twice')), write(inserting('twice'))]);
    expect(answers[0]).toEqual({ status: 'fulfilled', value: 1 });
    expect(answers[1]).toMatchObject({ status: 'rejected', reason: { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' } });
    expect(names()).toEqual(['twice']);
  });

  test('T128: a COMMIT that fails refuses every write of its group, and the next group goes well', async () => {
    client.pragma('foreign_keys = ON');
    client.exec('CREATE TABLE part (item TEXT REFERENCES item (name) DEFERRABLE INITIALLY DEFERRED)');
    const { write } = createGroupCommit(client);
    const orphan = () => client.prepare("INSERT INTO part VALUES ('nothing')").run();
    const answers = await Promise.allSettled([write(inserting('before')), write(orphan), write(inserting('after'))]);
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailableError' } });
    expect(names()).toEqual([]);
    expect(client.inTransaction).toBe(false);
    await write(inserting('later'));
    expect(names()).toEqual(['later']);
  });

  test('T128: when SQLite ends the transaction by itself, no write of the group stands and none is told so', async () => {
    client.exec(
      "CREATE TRIGGER ends BEFORE INSERT ON item WHEN new.name = 'bad' BEGIN SELECT RAISE(ROLLBACK, 'ended'); END",
    );
    const { write } = createGroupCommit(client);
    const answers = await Promise.allSettled([
      write(inserting('before')),
      write(inserting('bad')),
      write(inserting('after')),
    ]);
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailableError' } });
    expect(names()).toEqual([]);
    await write(inserting('later'));
    expect(names()).toEqual(['later']);
  });

  test('F2: a full disk refuses what does not fit, and heals', async () => {
    const { write } = createGroupCommit(client);
    const pages = Number(client.pragma('page_count', { simple: true }));
    client.pragma(`max_page_count = ${pages}`);
    const answers = await Promise.allSettled([write(inserting('small')), write(inserting('x'.repeat(100_000)))]);
    expect(answers[1]).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailableError' } });
    expect(names()).toEqual(answers[0]?.status === 'fulfilled' ? ['small'] : []);
    client.pragma('max_page_count = 1000000');
    await write(inserting('x'.repeat(100_000)));
    expect(names()).toContain('x'.repeat(100_000));
  });

  test('F4: while another process writes, the event loop goes on; what queues up meanwhile is written then', async () => {
    const { write } = createGroupCommit(client, 20_000);
    neighbour.exec('BEGIN IMMEDIATE');
    const early = write(inserting('early'));
    // These timers run on the very loop that would stand still.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const late = write(inserting('late'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    neighbour.exec('COMMIT');
    expect(await Promise.all([early, late])).toEqual([1, 1]);
    expect(names()).toEqual(['early', 'late']);
    expect(count('COMMIT')).toBe(1);
  });

  test('F4: another process that keeps writing for too long makes the writes unavailable, until it stops', async () => {
    const { write } = createGroupCommit(client, 30);
    neighbour.exec('BEGIN IMMEDIATE');
    await expect(write(inserting('first'))).rejects.toBeInstanceOf(StoreUnavailableError);
    neighbour.exec('COMMIT');
    expect(await write(inserting('second'))).toBe(1);
    expect(names()).toEqual(['second']);
  });

  test('draining waits for what is queued, and for nothing when nothing is', async () => {
    const { write, drain } = createGroupCommit(client);
    await drain();
    expect(count('COMMIT')).toBe(0);
    const queued = write(inserting('queued'));
    await drain();
    expect(names()).toEqual(['queued']);
    await queued;
  });
});

describe('the store on group commit', () => {
  const openTraced = () => {
    const file = join(folder, 'store.sqlite');
    openSqliteDatabase(file).close();
    const traced = new Database(file, { verbose: (statement) => trace.push(String(statement)) });
    return composeSqlStore(connect(traced), createManualClock(now));
  };

  const rotation = (from: string, to: string, familyId: string) => ({
    tokenHash: from,
    usedAt: now,
    answer: 'sealed',
    successor: makeRefreshToken(to, { familyId }),
  });

  test('16 clients that refresh 10 times each, at once, cause 10 commits', async () => {
    const { store } = openTraced();
    await addStanding(store);
    const families = numbered(16);
    await Promise.all(families.map((familyId) => startFamily(store, familyId)));
    trace.length = 0;
    const refreshed = await Promise.all(
      families.map(async (familyId) => {
        let rotated = 0;
        for (let turn = 0; turn < 10; turn += 1)
          if (await store.rotateRefreshToken(rotation(`${familyId}.${turn}`, `${familyId}.${turn + 1}`, familyId)))
            rotated += 1;
        return rotated;
      }),
    );
    expect(refreshed).toEqual(Array(16).fill(10));
    expect(count('COMMIT')).toBe(10);
    await store.close();
  });

  test('sessions, audit, denials and rate limits of one turn share a commit too', async () => {
    const { store, rateLimiter } = openTraced();
    trace.length = 0;
    await Promise.all([
      store.addSession(makeSession('desk'), null),
      store.denyToken('jti', now),
      store.appendAudit({ at: now, type: 'test', sub: null, clientId: null, sid: null, address: null, details: {} }),
      rateLimiter.take(['key', { burst: 1, emissionSeconds: 1 }]),
    ]);
    expect(count('COMMIT')).toBe(1);
    await store.close();
  });

  test('T082: a rotation that fails hurts no other of its turn', async () => {
    const { store } = openTraced();
    await addStanding(store);
    for (const familyId of ['one', 'two', 'three']) await startFamily(store, familyId);
    const answers = await Promise.allSettled([
      store.rotateRefreshToken(rotation('one.0', 'one.1', 'one')),
      store.rotateRefreshToken(rotation('two.0', 'one.1', 'two')),
      store.rotateRefreshToken(rotation('three.0', 'three.1', 'three')),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await store.findRefreshToken('two.0'))?.token.usedAt).toBeNull();
    expect((await store.findRefreshToken('one.1'))?.family.familyId).toBe('one');
    expect((await store.findRefreshToken('three.1'))?.token.usedAt).toBeNull();
    await store.close();
  });
});
