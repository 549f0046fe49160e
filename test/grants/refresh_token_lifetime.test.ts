import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { password } from '../people.ts';
import { askUserinfo, expectEnded, expectRefusal, obtainTokens, refresh } from '../token_requests.ts';
import { idleSeconds, offline, openThreeNodes, type ThreeNodes } from './three_nodes.ts';

let people: ThreeNodes['people'];
let others: ThreeNodes['others'];
let browser: ThreeNodes['browser'];
let pass: ThreeNodes['pass'];
let startFamily: ThreeNodes['startFamily'];
let refreshed: ThreeNodes['refreshed'];
let close: ThreeNodes['close'];

beforeAll(async () => {
  ({ people, others, browser, pass, startFamily, refreshed, close } = await openThreeNodes());
});

afterAll(() => close());

describe('how long a family lasts', () => {
  test('T085: a token that lay idle too long is invalid_grant', async () => {
    const [timely, late] = [await startFamily(), await startFamily()];
    await pass(idleSeconds - 1);
    await refreshed(timely.refresh_token);
    await pass(1);
    await expectRefusal(await refresh(people.app, late.refresh_token), 'invalid_grant');
  });

  test('T085: a family ends at its time, however often it was used', async () => {
    let latest = await startFamily();
    for (let hour = 0; hour < 2; hour += 1) {
      await pass(idleSeconds - 1);
      latest = await refreshed(latest.refresh_token);
    }
    await pass(1);
    latest = await refreshed(latest.refresh_token);
    await pass(1);
    await expectRefusal(await refresh(people.app, latest.refresh_token), 'invalid_grant');
  });

  test('T085: and at the time it is set to now, however long its token was made to be good for', async () => {
    const app = createApp({ ...people, config: { ...people.config, refreshFamilySeconds: 60 } });
    const { refresh_token } = await startFamily();
    await pass(60);
    await expectRefusal(await refresh(app, refresh_token), 'invalid_grant');
  });

  test('T085: without offline_access a family ends with the session, with it only the session does', async () => {
    const user = await people.addUser('alan');
    const visitor = people.openBrowser();
    await visitor.signIn('alan');
    const bound = await obtainTokens(people.app, visitor, { scope: 'openid' });
    const unbound = await obtainTokens(people.app, visitor, { scope: 'openid offline_access' });
    for (const { sid } of await people.store.listSessions(user.sub))
      await people.store.endSession(sid, people.clock.now());
    await expectEnded(people.app, bound);
    await refreshed(unbound.refresh_token);
  });

  const endings = [
    { ending: 'a changed password', how: (sub: string) => people.store.setPassword(sub, 'cheap$new', now(), null) },
    { ending: 'a locked account', how: (sub: string) => people.store.lockUser(sub, now()) },
    {
      ending: 'an account locked and unlocked',
      how: async (sub: string) => {
        await people.store.lockUser(sub, now());
        await people.store.unlockUser(sub);
      },
    },
    { ending: 'a removed account', how: (sub: string) => people.store.removeUser(sub, now()) },
    { ending: 'withdrawn consent', how: (sub: string) => people.store.withdrawConsent(sub, 'app', now()) },
  ];
  const now = (): number => people.clock.now();

  test.each(endings)('T085: $ending ends a family on every node, and the retry window with it', async (ending) => {
    const user = await people.addUser(`user-${randomBytes(6).toString('hex')}`);
    const visitor = people.openBrowser();
    await visitor.signIn(user.username);
    const first = await obtainTokens(people.app, visitor, { scope: offline });
    const second = await refreshed(first.refresh_token);
    await ending.how(user.sub);
    await expectRefusal(await refresh(people.app, first.refresh_token), 'invalid_grant');
    for (const { app } of [people, ...others]) await expectEnded(app, second);
  });

  test('T085: a changed password on the account page ends every family, of this browser too', async () => {
    const user = await people.addUser('radia');
    const visitor = people.openBrowser();
    await visitor.signIn('radia');
    const tokens = await obtainTokens(people.app, visitor, { scope: offline });
    const page = await visitor.get('/account');
    const own = { csrf: page.field('csrf'), account: page.field('account') };
    const form = { ...own, current_password: password, new_password: 'another long passphrase' };
    const changed = await visitor.post('/account/password', form);
    expect(changed.location).toBe('/account?done=password_changed');
    expect((await people.store.findUser(user.sub))?.passwordHash).toBe('cheap$another long passphrase');
    await expectEnded(people.app, tokens);
  });

  test('T085: a removed client ends its families, and one added under its name does not find them', async () => {
    await people.addClient('passing');
    const tokens = await obtainTokens(people.app, browser, { client_id: 'passing', scope: offline });
    await people.store.removeClient('passing');
    const asked = { client_id: 'passing' };
    await expectRefusal(await refresh(people.app, tokens.refresh_token, asked), 'invalid_client', 401);
    await people.addClient('passing');
    await expectRefusal(await refresh(people.app, tokens.refresh_token, asked), 'invalid_grant');
    expect((await askUserinfo(people.app, tokens.access_token)).status).toBe(401);
  });
});
