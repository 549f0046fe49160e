// What is swept is swept in time, and nothing before anybody may still need it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attempt, chores } from '../src/housekeeping.ts';
import { auditEvent } from '../src/tokens/audit.ts';
import { hashOpaque } from '../src/tokens/opaque.ts';
import { type Browser, openPeople, type People } from './people.ts';
import { obtainTokens, readAnswer, refresh } from './token_requests.ts';

const sweepOnce = async (people: People): Promise<void> => {
  const sweep = chores.find(({ what }) => what === 'deleting what expired');
  if (sweep === undefined) throw new TypeError('there is no such chore');
  await attempt(sweep, people);
  expect(people.records.filter(({ level }) => level === 'error')).toEqual([]);
};

describe.each([
  ['the longest token', {}],
  [
    'a retry window that is longer',
    {
      KEYTURN_MAX_TOKEN_SECONDS: '60',
      KEYTURN_ACCESS_TOKEN_SECONDS: '60',
      KEYTURN_ID_TOKEN_SECONDS: '60',
      KEYTURN_REFRESH_RETRY_SECONDS: '300',
    },
  ],
] as const)('a spent refresh token is kept for %s', (_, environment) => {
  let people: People;
  let browser: Browser;
  beforeAll(async () => {
    people = await openPeople({ environment });
    browser = people.openBrowser();
  });
  afterAll(() => people.store.close());

  test('and goes then', async () => {
    const { refresh_token } = await obtainTokens(people.app, browser, { scope: 'openid offline_access' });
    await readAnswer(await refresh(people.app, refresh_token));
    const { policy, refreshRetrySeconds } = people.config;
    const atLeast = Math.max(policy.maxTokenSeconds, refreshRetrySeconds) + policy.leewaySeconds;
    await people.pass(atLeast);
    await sweepOnce(people);
    expect(await people.store.findRefreshToken(hashOpaque(refresh_token))).toBeDefined();
    await people.pass(2 * policy.clockErrorSeconds + 120);
    await sweepOnce(people);
    expect(await people.store.findRefreshToken(hashOpaque(refresh_token))).toBeUndefined();
  });
});

const day = 86_400;

test('a clock by which the keys were not read deletes nothing', async () => {
  const people = await openPeople({ environment: { KEYTURN_AUDIT_SECONDS: `${day}` } });
  const { refresh_token } = await obtainTokens(people.app, people.openBrowser());
  const events = await people.store.listAudit({ limit: 100 });
  people.clock.advance(1000 * day);
  await sweepOnce(people);
  people.clock.advance(-1000 * day);
  expect(await people.store.listAudit({ limit: 100 })).toEqual(events);
  expect((await refresh(people.app, refresh_token)).status).toBe(200);
  await people.store.close();
});

describe('the audit log', () => {
  const signInAndOut = async (environment: Readonly<Record<string, string>>) => {
    const people = await openPeople({ environment });
    await people.store.appendAudit(auditEvent('client.added', { clientId: 'app' }, people));
    await obtainTokens(people.app, people.openBrowser());
    const remaining = async () => new Set((await people.store.listAudit({ limit: 100 })).map(({ type }) => type));
    return { people, remaining };
  };

  test('keeps what people did for as long as it is told, and what the operator did for ever', async () => {
    const { people, remaining } = await signInAndOut({ KEYTURN_AUDIT_SECONDS: `${30 * day}` });
    const all = await remaining();
    expect(all).toContain('sign_in.succeeded');
    await people.pass(30 * day);
    await sweepOnce(people);
    expect(await remaining()).toEqual(all);
    await people.pass(1);
    await sweepOnce(people);
    expect([...(await remaining())].filter((type) => !type.startsWith('key.'))).toEqual(['client.added']);
    await people.store.close();
  });

  test('keeps everything unless it is told otherwise', async () => {
    const { people, remaining } = await signInAndOut({});
    const all = await remaining();
    await people.pass(1000 * day);
    await sweepOnce(people);
    for (const type of all) expect(await remaining()).toContain(type);
    await people.store.close();
  });
});
