// What is swept is swept in time, and nothing before anybody may still need it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attempt, chores } from '../src/housekeeping.ts';
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
