import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createBetterSqlite3Store } from '../../src/adapters/better_sqlite3_store.ts';
import { openPostgres } from '../../src/adapters/postgres_store.ts';
import { systemClock } from '../../src/adapters/system_clock.ts';
import type { Store } from '../../src/seams/store.ts';
import { addStanding, startFamily } from '../contracts/records.ts';
import { freshDatabase, hasPostgres } from '../postgres/databases.ts';
import { databasePathIn, makeFolder } from '../running_server.ts';
import { asOneLine, loopbackIn, runCommand } from './in_process.ts';

const folder = makeFolder();
let store: Store;
const keyturn = (...args: readonly string[]) => runCommand(args, { environment: loopbackIn(folder) });
const revoke = (...args: readonly string[]) => keyturn('token', 'revoke', ...args);
const marks = async () => (await store.readRevocations(0, 0)).marks.map(({ kind, value }) => `${kind} ${value}`);

beforeAll(async () => {
  store = createBetterSqlite3Store(databasePathIn(folder), systemClock);
  await addStanding(store);
  await startFamily(store, 'family');
});
afterAll(async () => {
  await store.close();
});

describe('keyturn token revoke', () => {
  test.each([
    [[], '0 of --jti'],
    [['--jti', 'x', '--client', 'app'], '2 of --jti'],
    [['--subject', 'nobody'], 'There is no user'],
    [['--client', 'nothing'], 'There is no client'],
    [['--session', 'nothing'], 'There is no session'],
    [['--jti', 'with a space'], 'This is no jti'],
    [['--jti', 'x'.repeat(129)], 'This is no jti'],
    [['--jti', ''], 'This is no jti'],
  ])('%j is refused, in words, and changes nothing', async (args, message) => {
    const { code, stderr } = await revoke(...args);
    expect(code).not.toBe(0);
    expect(asOneLine(stderr)).toContain(message);
    expect(await marks()).toEqual([]);
    expect(await store.listAudit({ type: 'token.revoked', limit: 10 })).toEqual([]);
  });

  test('each says what ended and by when verifiers refuse it, and is recorded', async () => {
    const jti = await revoke('--jti', 'some-jti');
    expect(asOneLine(jti.stdout)).toContain('Verifiers refuse within 2 s where they follow the feed, within 60 s');
    expect(jti.stdout).toContain('no place in a status list');
    expect((await revoke('--session', 'desk')).stdout).toContain('Ended the session desk');
    expect((await revoke('--subject', 'user-ada')).stdout).toContain('nothing was changed');
    expect((await revoke('--client', 'app')).stdout.replaceAll('\n', ' ')).toContain('may ask for new ones');
    expect(await marks()).toEqual(['jti some-jti', 'family_id family', 'sid desk', 'client_id app']);
    expect((await store.findFamily('family'))?.endReason).toBe('revoked_by_operator');
    const audited = await store.listAudit({ type: 'token.revoked', limit: 10 });
    // Of ada nothing was left to revoke.
    expect(audited.map(({ details }) => details.target).sort()).toEqual(['client', 'jti', 'session']);
    expect(audited.find(({ details }) => details.target === 'session')).toMatchObject({ sid: 'desk', sub: 'ada' });
  });
});

describe.runIf(hasPostgres)("on a machine whose clock is not the database's", () => {
  test.each([
    ['token', 'revoke', '--client', 'app'],
    ['clients', 'remove', 'app'],
    ['users', 'set-password', 'ada', '--password-stdin'],
    ['users', 'lock', 'ada'],
    ['users', 'remove', 'ada'],
  ])('%s %s is refused past E, for tokens issued at this moment would go on', async (...args) => {
    const database = await freshDatabase();
    const opened = await openPostgres(database.url, systemClock, { connections: 2, patienceSeconds: 20 });
    await addStanding(opened.store);
    const environment = loopbackIn(folder, { KEYTURN_DATABASE_URL: database.url });
    const surroundings = { environment, input: 'a password nobody has yet' };
    const before = await opened.store.findUser('ada');
    const real = Date.now;
    for (const seconds of [-3600, 3600]) {
      const set = vi.spyOn(Date, 'now').mockImplementation(() => real() + seconds * 1000);
      const { code, stderr } = await runCommand(args, surroundings);
      set.mockRestore();
      expect(asOneLine(stderr)).toMatch(/clock is 3\d{3} s off the database's, at most E = 5 s/);
      expect(code).toBe(1);
    }
    expect(await opened.store.findClient('app')).toMatchObject({ tokensNotBefore: null });
    expect(await opened.store.findUser('ada')).toEqual(before);
    expect(await runCommand(args, surroundings)).toMatchObject({ code: 0 });
    await opened.store.close();
    await database.remove();
  });
});
