import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { boundPasswordHasher } from '../../src/adapters/bounded_password_hasher.ts';
import { changePassword } from '../../src/login/change_password.ts';
import { signIn } from '../../src/login/sign_in.ts';
import type { Session } from '../../src/seams/session_store.ts';
import type { User } from '../../src/seams/user_store.ts';
import { authorizePath, cheapHasher, obtainCode, openPeople, type People, password, redeem } from '../people.ts';
import { databasePathIn, makeFolder, until } from '../running_server.ts';

let people: People;
let ada: User;
let guests = 0;
beforeAll(async () => {
  people = await openPeople({ passwordHasher: cheapHasher });
  ada = (await people.store.findUserByLogin('ada')) as User;
});
beforeEach(() => {
  people.clock.advance(86_400);
  people.passwordHasher.counts.verify = 0;
});

/** An address never used before. */
const freshAddress = (): string => {
  guests += 1;
  return `198.19.${guests >> 8}.${guests & 255}`;
};

interface Try {
  readonly login: string;
  readonly secret?: string;
  readonly address?: string;
  readonly browser?: string;
}

type Outcome = 'in' | 'wrong' | 'limited';

const attempt = async ({ login, secret = 'a wrong password', address, browser = 'stranger' }: Try, of = people) => {
  const asked = { login, password: secret, address: address ?? freshAddress(), browser };
  const outcome: Outcome = await signIn(asked, of).then(
    (user) => (user === undefined ? 'wrong' : 'in'),
    (error: { reason?: string }) => {
      if (error.reason !== 'rate_limited') throw error;
      return 'limited';
    },
  );
  return outcome;
};

/** Runs attempts one after the other. @returns how many passed the limits. */
const passed = async (count: number, make: (turn: number) => Try): Promise<number> => {
  let through = 0;
  for (let turn = 0; turn < count; turn += 1) if ((await attempt(make(turn))) !== 'limited') through += 1;
  return through;
};

describe('limits of sign-in, NIST SP 800-63B-4 §3.2.2', () => {
  test('T098: one try at each of many names from one address: as many as the address may, and no more hashes', async () => {
    expect(await passed(500, (turn) => ({ login: `user${turn}`, address: '192.0.2.1' }))).toBe(100);
    expect(people.passwordHasher.counts.verify).toBe(100);
  });

  test('T098: many addresses at one name, there or not: as many as the account may', async () => {
    expect(await passed(200, () => ({ login: 'ada' }))).toBe(10);
    expect(await passed(200, () => ({ login: 'nobody' }))).toBe(10);
    expect(people.passwordHasher.counts.verify).toBe(20);
  });

  test('T098: the name in another spelling, or the e-mail address, is the same account', async () => {
    const spellings = ['ada', ' ADA ', 'Ada', 'ada@example.com', 'ADA@EXAMPLE.COM', '\uff41da'];
    expect(await passed(60, (turn) => ({ login: spellings[turn % spellings.length] ?? '' }))).toBe(10);
  });

  test('T098: a burst in parallel does not slip past the counter', async () => {
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => attempt({ login: 'ada' })));
    expect(outcomes.filter((outcome) => outcome === 'wrong')).toHaveLength(10);
    expect(people.passwordHasher.counts.verify).toBe(10);
  });

  test('T098: many names from many addresses: as many as everyone together may', async () => {
    expect(await passed(800, (turn) => ({ login: `user${turn}` }))).toBe(600);
  });

  test('T098: attempts that cost no hash are limited too, for each leaves a line in the audit log', async () => {
    const endless = 'x'.repeat(5000);
    expect(await passed(200, (turn) => ({ login: `user${turn}`, secret: endless, address: '192.0.2.1' }))).toBe(100);
    expect(people.passwordHasher.counts.verify).toBe(0);
  });

  test('T098: what a browser never signed in from gains nothing by its cookie', async () => {
    expect(await passed(50, (turn) => ({ login: 'ada', browser: `made-up-${turn}` }))).toBe(10);
  });

  describe('a hundred failures in a row, and one an hour from then on', () => {
    const turns = 300;
    const [turnSeconds, hours] = [30, 2];

    /** One try each half minute. @returns how many passed. */
    const patient = async (tryOnce: (turn: number) => Promise<boolean>): Promise<number> => {
      let through = 0;
      for (let turn = 0; turn < turns; turn += 1) {
        people.clock.advance(turnSeconds);
        if (await tryOnce(turn)) through += 1;
      }
      return through;
    };

    test.each([false, true])('T098: from a browser that is known: %s', async (known) => {
      const login = `patient-${known}`;
      await people.addUser(login);
      const visitor = people.openBrowser();
      if (known) await visitor.signIn(login);
      const browser = visitor.jar.get('__Host-keyturn_browser') ?? 'stranger';
      const guess = async () => (await attempt({ login, browser })) !== 'limited';
      expect(await patient(guess)).toBe(100 + hours);
      people.clock.advance(3600);
      expect(await attempt({ login, browser, secret: password })).toBe('in');
      expect(await patient(guess)).toBe(100 + hours);
    });

    test('T098: on the account page, by whoever sits at an open session', async () => {
      const user = await people.addUser('patient-there');
      const session = { sid: 'a-sid' } as Session;
      const guess = () =>
        changePassword('a wrong password', 'seven tall birches swaying', { user, session }, people).then(
          () => true,
          () => false,
        );
      expect(await patient(guess)).toBe(100 + hours);
    });
  });
});

describe('limits are no way to shut people out, ASVS 6.3.1', () => {
  test('T099: who signed in from this browser before gets in while an attacker uses up the allowance of the account', async () => {
    const browser = people.openBrowser();
    await browser.signIn();
    const known = browser.jar.get('__Host-keyturn_browser') ?? '';
    expect(await passed(100, () => ({ login: 'ada' }))).toBe(10);
    expect(await attempt({ login: 'ada', secret: password })).toBe('limited');
    expect(await attempt({ login: 'ada', secret: password, browser: known })).toBe('in');
    // After signing out too.
    for (const { sid } of await people.store.listSessions(ada.sub))
      await people.store.endSession(sid, people.clock.now());
    expect(await attempt({ login: 'ada', secret: password, browser: known })).toBe('in');
    expect(await passed(100, () => ({ login: 'ada', browser: known }))).toBe(10);
  });

  test('T099: an account is slowed down and never locked: half a minute later there is one more try', async () => {
    await passed(20, () => ({ login: 'ada' }));
    people.clock.advance(29);
    expect(await attempt({ login: 'ada', secret: password })).toBe('limited');
    people.clock.advance(1);
    expect(await attempt({ login: 'ada', secret: password })).toBe('in');
    expect(await attempt({ login: 'ada', secret: password })).toBe('in');
  });

  test('T099: one address, or one account, that is refused does not use up what everyone shares', async () => {
    await passed(1000, (turn) => ({ login: `user${turn}`, address: '192.0.2.1' }));
    await passed(1000, () => ({ login: 'ada' }));
    await people.addUser('bob');
    expect(await attempt({ login: 'bob', secret: password })).toBe('in');
  });

  test('T099: an office behind one address gets in, hundreds right after one another', async () => {
    const office = Array.from({ length: 300 }, (_, turn) => `colleague${turn}`);
    for (const login of office) await people.addUser(login);
    expect(await passed(300, (turn) => ({ login: office[turn] ?? '', secret: password, address: '192.0.2.7' }))).toBe(
      300,
    );
    expect(await passed(200, (turn) => ({ login: `user${turn}`, address: '192.0.2.7' }))).toBe(100);
  });

  test('T106: one account that signs in again and again uses up what its address may, for each time costs a hash', async () => {
    await people.addUser('tireless');
    const again = { login: 'tireless', secret: password, address: '192.0.2.8' };
    expect(await passed(300, () => again)).toBe(105);
    people.clock.advance(60);
    expect(await attempt(again)).toBe('in');
  });

  test('T099: the count survives a restart', async () => {
    const folder = makeFolder();
    const kekRing = JSON.stringify({ keys: [{ kty: 'oct', kid: 'k', k: Buffer.alloc(32, 7).toString('base64url') }] });
    const options = { databasePath: databasePathIn(folder), kekRing, clock: people.clock, passwordHasher: cheapHasher };
    const before = await openPeople(options);
    for (let turn = 0; turn < 10; turn += 1) expect(await attempt({ login: 'ada' }, before)).toBe('wrong');
    await before.store.close();
    const after = await openPeople(options);
    expect(await attempt({ login: 'ada', secret: password }, after)).toBe('limited');
    await after.store.close();
  });
});

describe('hashes under way are bounded, OWASP Password Storage Cheat Sheet', () => {
  test('T106: of 100 sign-ins at once 2 are hashed, 32 wait, the others get 503; tokens are signed meanwhile', async () => {
    let running = 0;
    let mostRunning = 0;
    let open: () => void = () => undefined;
    let gate: Promise<void> = Promise.resolve();
    const gated = boundPasswordHasher(
      {
        ...cheapHasher,
        verify: async (passwordHash, presented) => {
          running += 1;
          mostRunning = Math.max(mostRunning, running);
          await gate;
          running -= 1;
          return cheapHasher.verify(passwordHash, presented);
        },
      },
      2,
      32,
    );
    const crowd = await openPeople({ passwordHasher: gated });
    const code = await obtainCode(crowd.openBrowser());
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const arrivals = await Promise.all(
      Array.from({ length: 100 }, async (_, turn) => {
        const browser = crowd.openBrowser();
        await crowd.addUser(`guest${turn}`);
        return { browser, csrf: (await browser.get('/login')).field('csrf'), login: `guest${turn}` };
      }),
    );
    let answered = 0;
    const answers = arrivals.map(async ({ browser, csrf, login }) => {
      const page = await browser.post('/login', { csrf, login, password });
      answered += 1;
      return page;
    });
    await until('the queue is full and the others are turned away', () => answered === 66 || undefined);
    expect((await redeem(crowd.app, code)).status).toBe(200);
    expect((await crowd.openBrowser().get(authorizePath())).status).toBe(303);
    expect({ answered, running }).toEqual({ answered: 66, running: 2 });
    open();
    const pages = await Promise.all(answers);
    expect(pages.filter(({ status }) => status === 303)).toHaveLength(34);
    const refused = pages.filter(({ status }) => status === 503);
    expect(refused).toHaveLength(66);
    for (const { headers } of refused) expect(headers.get('Retry-After')).toBe('5');
    expect(mostRunning).toBe(2);
  });
});
