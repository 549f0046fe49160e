import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/adapters/better_sqlite3_connection.ts';
import { openSqliteDatabase } from '../../src/adapters/better_sqlite3_database.ts';
import { composeSqlStore, type OpenedStore } from '../../src/adapters/sql_store.ts';
import {
  addStanding,
  makeAuditEvent,
  makeCode,
  makeConsent,
  makeFamily,
  makeInteraction,
  makeRefreshToken,
  makeSession,
  now,
  startFamily,
} from '../contracts/records.ts';
import { createManualClock } from '../manual_clock.ts';
import { makeFolder } from '../running_server.ts';

let statements: string[];
let traced: Database.Database;
let provider: OpenedStore;

beforeAll(async () => {
  const file = join(makeFolder(), 'db.sqlite');
  openSqliteDatabase(file).close();
  statements = [];
  traced = new Database(file, { verbose: (statement) => statements.push(String(statement)) });
  provider = composeSqlStore(connect(traced), createManualClock(now));
  await addStanding(provider.store);
  await startFamily(provider.store, 'family');
  await provider.store.addAuthorizationCode(makeCode('code'));
});

afterAll(async () => {
  await provider.store.close();
});

const planOf = (statement: string): readonly string[] =>
  (traced.prepare(`EXPLAIN QUERY PLAN ${statement}`).all() as readonly { readonly detail: string }[]).map(
    ({ detail }) => detail,
  );

/** The plans of what `run` makes SQLite do, a line each with the statement before. */
const plansOf = async (run: (provider: OpenedStore) => Promise<unknown>): Promise<readonly string[]> => {
  statements.length = 0;
  await run(provider);
  const queries = statements.filter((statement) => /^\s*(select|insert|update|delete)\b/i.test(statement));
  expect(queries).not.toEqual([]);
  return [...new Set(queries)].flatMap((query) => planOf(query).map((detail) => `${detail} | ${query.slice(0, 60)}`));
};

const scans = (plans: readonly string[]): readonly string[] =>
  plans.filter((plan) => /^SCAN (?!CONSTANT ROW)/.test(plan));

const rotation = { tokenHash: 'family.0', usedAt: now, answer: 'sealed', successor: makeRefreshToken('family.1') };

type Verb = readonly [name: string, run: (provider: OpenedStore) => Promise<unknown>];

const searching: readonly Verb[] = [
  ['findClient', ({ store }) => store.findClient('app')],
  ['findResource', ({ store }) => store.findResource('https://api.example.com')],
  ['findUser', ({ store }) => store.findUser('ada')],
  ['findUserByLogin', ({ store }) => store.findUserByLogin('ada@example.com')],
  ['listUsers', ({ store }) => store.listUsers('', 10)],
  ['findSession', ({ store }) => store.findSession('hash-of-desk')],
  ['findSessionBySid', ({ store }) => store.findSessionBySid('desk')],
  ['isKnownBrowser', ({ store }) => store.isKnownBrowser('ada', 'browser')],
  ['listSessions', ({ store }) => store.listSessions('ada')],
  ['touchSession', ({ store }) => store.touchSession('desk', now + 1)],
  ['findInteraction', ({ store }) => store.findInteraction('id')],
  ['markInteraction', ({ store }) => store.markInteraction('id', 'consentedAt', now)],
  ['removeInteraction', ({ store }) => store.removeInteraction('id')],
  ['addAuthorizationCode, at an end', ({ store }) => store.addAuthorizationCode(makeCode('none'), { ends: 'id' })],
  ['findConsent', ({ store }) => store.findConsent('ada', 'app')],
  ['listConsents', ({ store }) => store.listConsents('ada')],
  ['findAuthorizationCode', ({ store }) => store.findAuthorizationCode('code')],
  ['redeemCode', ({ store }) => store.redeemCode('nothing', now, makeFamily('unused'), null)],
  ['findFamily', ({ store }) => store.findFamily('family')],
  ['findRefreshToken', ({ store }) => store.findRefreshToken('family.0')],
  ['rotateRefreshToken', ({ store }) => store.rotateRefreshToken(rotation)],
  ['endFamily', ({ store }) => store.endFamily('nothing', 'reason', now)],
  ['isTokenDenied', ({ store }) => store.isTokenDenied('jti')],
  ['findStatusList', ({ store }) => store.findStatusList('list')],
  [
    'leaseTurns',
    ({ store }) => store.leaseTurns({ listId: 'list', turn: 0 }, 16, { clientId: 'app', tokensNotBefore: null }),
  ],
  ['revokeSession', ({ store }) => store.revokeSession('desk', now)],
  ['revokeSubject', ({ store }) => store.revokeSubject('ada', now)],
  ['revokeClient', ({ store }) => store.revokeClient('app', now)],
  ['removeExpiredRevocations', ({ store }) => store.removeExpiredRevocations(now, now)],
  ['reset', ({ rateLimiter }) => rateLimiter.reset('key')],
  ['takeLogoutDeliveries', ({ store }) => store.takeLogoutDeliveries(now, now, 10)],
  ['listAudit by sub', ({ store }) => store.listAudit({ sub: 'ada', limit: 10 })],
  ['removeAudit', ({ store }) => store.removeAudit(['sign_in.failed', 'session.ended'], now)],
  ['listAudit by client', ({ store }) => store.listAudit({ clientId: 'app', limit: 10 })],
  ['withdrawConsent', ({ store }) => store.withdrawConsent('ada', 'nothing', now)],
  ['setPassword', ({ store }) => store.setPassword('ada', 'hash', now, 'desk')],
  ['endSession', ({ store }) => store.endSession('desk', now)],
  ['lockUser', ({ store }) => store.lockUser('ada', now)],
  ['removeUser', ({ store }) => store.removeUser('ada', now)],
  ['removeExpired', ({ store }) => store.removeExpired(now, now)],
];

const inserting: readonly Verb[] = [
  ['addSession', ({ store }) => store.addSession(makeSession('phone'), null)],
  ['addInteraction', ({ store }) => store.addInteraction(makeInteraction('another'))],
  ['saveConsent', ({ store }) => store.saveConsent(makeConsent())],
  ['addAuthorizationCode', ({ store }) => store.addAuthorizationCode(makeCode('another'))],
  ['denyToken', ({ store }) => store.denyToken('another', now)],
  ['appendAudit', ({ store }) => store.appendAudit(makeAuditEvent('test'))],
  ['take', ({ rateLimiter }) => rateLimiter.take(['key', { burst: 1, emissionSeconds: 1 }])],
];

describe('query plans of the better-sqlite3 store', () => {
  test('a query that reads a whole table is noticed', async () => {
    expect(scans(planOf('SELECT * FROM client WHERE client_name = 1'))).toHaveLength(1);
    expect(scans(await plansOf(({ store }) => store.listClients()))).toHaveLength(1);
  });

  test.each(inserting)('%s reads no table from end to end', async (_, run) => {
    expect(scans(await plansOf(run))).toEqual([]);
  });

  test.each(searching)('%s searches by an index', async (_, run) => {
    const plans = await plansOf(run);
    expect(scans(plans)).toEqual([]);
    expect(plans.filter((plan) => /^SEARCH .* USING /.test(plan))).not.toEqual([]);
  });

  test('removing a client goes through no code that was spent, of which there are as many as families', async () => {
    const plans = await plansOf(({ store }) => store.removeClient('app'));
    const codes = plans.filter((plan) => /^S\w+ authorization_code /.test(plan));
    expect(codes.join()).toMatch(/^SEARCH authorization_code USING INDEX authorization_code_unspent_expires_at /);
  });

  test('whether a browser is known is read from the index alone', async () => {
    const plans = await plansOf(({ store }) => store.isKnownBrowser('ada', 'browser'));
    expect(plans.join()).toMatch(/^SEARCH session USING COVERING INDEX session_sub_browser_hash /);
  });

  test.each([{}, { type: 'family.ended' }, { since: now }])(
    'the events of one user at one client, %o, are searched by the user, of whom there are fewer',
    async (more) => {
      const filter = { sub: 'ada', clientId: 'app', limit: 10, ...more };
      const plans = await plansOf(({ store }) => store.listAudit(filter));
      expect(plans.join()).toMatch(/^SEARCH audit_event USING INDEX audit_event_sub /);
    },
  );
});
