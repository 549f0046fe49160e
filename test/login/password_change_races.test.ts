import { beforeEach, describe, expect, test } from 'vitest';
import { type Browser, cheapHasher, openPeople, type Page, type People, password } from '../people.ts';

let people: People;
let arrived: () => void;
let release: () => void;
/** Passwords are verified before `opened` at once, and while it is closed only once it opens again. */
let opened: Promise<void>;

beforeEach(async () => {
  opened = Promise.resolve();
  arrived = () => undefined;
  const verify: typeof cheapHasher.verify = async (stored, presented) => {
    const outcome = await cheapHasher.verify(stored, presented);
    arrived();
    await opened;
    return outcome;
  };
  people = await openPeople({ passwordHasher: { ...cheapHasher, verify } });
});

/** Does `meanwhile` after a password of `request` was verified, before anything is made of it. */
const during = async (request: () => Promise<Page>, meanwhile: () => Promise<unknown>): Promise<Page> => {
  opened = new Promise((resolve) => {
    release = resolve;
  });
  const verifying = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const answer = request();
  await verifying;
  await meanwhile();
  release();
  return answer;
};

const subOf = async (): Promise<string> => (await people.store.findUserByLogin('ada'))?.sub ?? '';
const sessionsOf = async () => people.store.listSessions(await subOf());
const isIn = async (browser: Browser): Promise<boolean> => (await browser.get('/account')).status === 200;

const endings = {
  'the password was changed': async () =>
    people.store.setPassword(await subOf(), 'cheap$another one', people.clock.now(), null),
  'the account was locked': async () => people.store.lockUser(await subOf(), people.clock.now()),
  'the account was removed': async () => people.store.removeUser(await subOf(), people.clock.now()),
};

describe('a sign-in whose password was proved before', () => {
  test.each(Object.entries(endings))('T085 T096: %s, gets no session', async (_, end) => {
    const browser = people.openBrowser();
    const answer = await during(() => browser.signIn('ada'), end);
    expect(answer.status).toBe(403);
    expect(await isIn(browser)).toBe(false);
    expect(await sessionsOf()).toEqual([]);
  });

  test('T085: the password was changed in this browser, does not renew the session', async () => {
    const browser = people.openBrowser();
    await browser.signIn('ada');
    const [session] = await sessionsOf();
    const sub = await subOf();
    const answer = await during(
      () => browser.signIn('ada'),
      () => people.store.setPassword(sub, 'cheap$another one', people.clock.now(), session?.sid ?? ''),
    );
    expect(answer.status).toBe(403);
    expect(await sessionsOf()).toEqual([session]);
  });

  test('T085: another password a second ago, and another in the same second, gets no session either', async () => {
    const sub = await subOf();
    await people.store.setPassword(sub, `cheap$${password}`, people.clock.now(), null);
    const answer = await during(() => people.openBrowser().signIn('ada'), endings['the password was changed']);
    expect(answer.status).toBe(403);
    expect(await sessionsOf()).toEqual([]);
  });

  test('T108: the hash was replaced by a stronger one of the same password, does get its session', async () => {
    const user = await people.store.findUserByLogin('ada');
    const answer = await during(
      () => people.openBrowser().signIn('ada'),
      () => people.store.rehashPassword(user?.sub ?? '', user?.passwordHash ?? '', 'cheap$stronger'),
    );
    expect(answer.status).toBe(303);
  });
});

describe('a change of the password', () => {
  test('T085: is refused when the session it was asked in ended meanwhile: whoever ended it has the last word', async () => {
    const [thief, owner] = [people.openBrowser(), people.openBrowser()];
    await thief.signIn('ada');
    const csrf = (await thief.get('/account')).field('csrf');
    const form = { csrf, account: await subOf(), current_password: password, new_password: 'seven quiet herons fly' };
    const sub = await subOf();
    const answer = await during(
      () => thief.post('/account/password', form),
      () => people.store.setPassword(sub, 'cheap$twelve purple giraffes', people.clock.now(), null),
    );
    expect(answer.status).toBe(400);
    expect((await people.store.findUser(sub))?.passwordHash).toBe('cheap$twelve purple giraffes');
    expect(await isIn(thief)).toBe(false);
    expect((await owner.signIn('ada', 'twelve purple giraffes')).status).toBe(303);
  });

  test('T085: is refused when the password was changed meanwhile in the same session: the old one is proof no more', async () => {
    const browser = people.openBrowser();
    await browser.signIn('ada');
    const [session] = await sessionsOf();
    const csrf = (await browser.get('/account')).field('csrf');
    const form = { csrf, account: await subOf(), current_password: password, new_password: 'seven quiet herons fly' };
    const sub = await subOf();
    const answer = await during(
      () => browser.post('/account/password', form),
      () => people.store.setPassword(sub, 'cheap$twelve purple giraffes', people.clock.now(), session?.sid ?? ''),
    );
    expect(answer.status).toBe(400);
    expect((await people.store.findUser(sub))?.passwordHash).toBe('cheap$twelve purple giraffes');
    expect(await isIn(browser)).toBe(true);
  });
});
