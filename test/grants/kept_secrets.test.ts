import { existsSync, readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Browser, obtainCode, openPeople, type People, password, redeem } from '../people.ts';
import { databasePathIn, makeFolder } from '../running_server.ts';
import { expectRefusal, readAnswer, refresh, type TokenAnswer } from '../token_requests.ts';

const folder = makeFolder();
const databasePath = databasePathIn(folder);
const wrongPassword = 'a wrong but memorable passphrase';
let people: People;
let visitor: Browser;
/** Every value that was handed out or typed, by what it is. */
let secrets: readonly (readonly [string, string])[];

const valuesOf = (answer: TokenAnswer, turn: string): [string, string][] => [
  [`${turn} refresh token`, answer.refresh_token],
  [`${turn} access token`, answer.access_token],
  [`${turn} ID token`, answer.id_token],
];

beforeAll(async () => {
  people = await openPeople({ databasePath });
  visitor = people.openBrowser();
  await visitor.signIn('ada', wrongPassword);
  const unused = await obtainCode(visitor, { scope: 'openid offline_access' });
  const code = await obtainCode(visitor, { scope: 'openid offline_access' });
  const first = await readAnswer(await redeem(people.app, code));
  const second = await readAnswer(await refresh(people.app, first.refresh_token));
  await refresh(people.app, first.refresh_token);
  const third = await readAnswer(await refresh(people.app, second.refresh_token));
  await redeem(people.app, unused, { code_verifier: 'A'.repeat(43) });
  secrets = [
    ['unused code', unused],
    ['code', code],
    ['password', password],
    ['wrong password', wrongPassword],
    ...visitor.jar,
    ...valuesOf(first, 'first'),
    ...valuesOf(second, 'second'),
    ...valuesOf(third, 'third'),
  ];
});

afterAll(async () => {
  await people.store.close();
});

describe('what a stolen database is good for', () => {
  test('T087: no code, refresh token, access token, cookie or password is in its files', () => {
    const files = [databasePath, `${databasePath}-wal`].filter((path) => existsSync(path));
    const kept = Buffer.concat(files.map((path) => readFileSync(path)));
    expect(kept.includes('ada@example.com')).toBe(true);
    expect(secrets.map(([name]) => name)).toContain('__Host-keyturn_session');
    expect(secrets.filter(([, secret]) => kept.includes(secret))).toEqual([]);
  });

  test('T087: nor in the log, nor in the audit log', async () => {
    const written = JSON.stringify([people.records, await people.store.listAudit({ limit: 1000 })]);
    expect(written).toContain('family.started');
    expect(secrets.filter(([, secret]) => written.includes(secret))).toEqual([]);
  });

  test('T087: no hash in it, and no sealed answer, is taken for what it is the hash of', async () => {
    const reader = new Database(databasePath, { readonly: true });
    const column = (name: string, table: string): string[] =>
      reader.prepare(`select ${name} from ${table} where ${name} is not null`).pluck().all() as string[];
    const tokens = [...column('token_hash', 'refresh_token'), ...column('answer', 'refresh_token')];
    const codes = column('code_hash', 'authorization_code');
    const sessions = column('session_hash', 'session');
    reader.close();
    expect([tokens.length, codes.length, sessions.length]).toEqual([5, 2, 1]);
    for (const value of tokens) await expectRefusal(await refresh(people.app, value), 'invalid_grant');
    for (const value of codes) await expectRefusal(await redeem(people.app, value), 'invalid_grant');
    const thief = people.openBrowser();
    for (const value of sessions) thief.jar.set('__Host-keyturn_session', value);
    expect((await thief.get('/account')).location).toBe('/login');
    expect((await visitor.get('/account')).status).toBe(200);
  });
});
