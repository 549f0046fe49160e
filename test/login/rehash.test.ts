import { argon2Sync } from 'node:crypto';
import { hash as hashBcrypt } from '@node-rs/bcrypt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PasswordHasherBusyError } from '../../src/seams/password_hasher.ts';
import { cheapHasher, openPeople, type People, password } from '../people.ts';

let people: People;
beforeAll(async () => {
  people = await openPeople();
});
afterAll(() => people.store.close());

const bare = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

/** argon2id as it was made years ago: 4 MiB, three passes. */
const oldHash = (): string => {
  const nonce = Buffer.alloc(16, 7);
  const made = argon2Sync('argon2id', {
    message: password,
    nonce,
    memory: 4096,
    passes: 3,
    parallelism: 1,
    tagLength: 32,
  });
  return `$argon2id$v=19$m=4096,t=3,p=1$${bare(nonce)}$${bare(made)}`;
};

const hashOf = async (login: string) => (await people.store.findUserByLogin(login))?.passwordHash;

describe('a stored hash that must not be computed', () => {
  const absurd = [
    ['4 GiB of memory', '$argon2id$v=19$m=4194304,t=2,p=1$Ku638AP60TuKuXHLWMhKAA$I7rxju+8adOYiBSRB5BbZg'],
    ['a million passes', '$argon2id$v=19$m=19456,t=9999,p=1$Ku638AP60TuKuXHLWMhKAA$I7rxju+8adOYiBSRB5BbZg'],
    ['no PHC string', 'correct horse battery staple'],
    ['a truncated PHC string', '$argon2id$v=19$m=19456,t=2,p=1$Ku638AP60TuKuXHLWMhKAA'],
    ['another kind', '$argon2i$v=19$m=19456,t=2,p=1$Ku638AP60TuKuXHLWMhKAA$I7rxju+8adOYiBSRB5BbZg'],
    ['bcrypt of cost 31', `$2b$31$${'a'.repeat(53)}`],
    ['an empty string', ''],
  ] as const;

  test.each(absurd)('T107: %s lets nobody in, costs what a wrong password costs, and is an alert', async (_, hash) => {
    const { sub } = await people.addUser(`absurd-${absurd.findIndex(([, one]) => one === hash)}`, {
      passwordHash: hash,
    });
    const { username } = (await people.store.findUser(sub)) ?? { username: '' };
    (people.records as unknown[]).length = 0;
    people.passwordHasher.counts.verify = 0;
    const [wrong, unknown] = [await people.openBrowser().signIn(username), await people.openBrowser().signIn('nobody')];
    expect([wrong.status, unknown.status]).toEqual([403, 403]);
    expect(people.passwordHasher.counts.verify).toBe(2);
    const alerts = people.records.filter(({ level }) => level === 'error');
    expect(alerts.map(({ fields }) => fields)).toEqual([{ sub }]);
    if (hash !== '') expect(JSON.stringify(people.records)).not.toContain(hash);
    expect(await people.store.listAudit({ type: 'password.hash_refused', sub, limit: 2 })).toHaveLength(1);
  });
});

describe('a password hash of older days at sign-in', () => {
  test.each([
    ['argon2id with old parameters', 'old-argon2id', oldHash],
    ['an imported bcrypt hash', 'imported', () => hashBcrypt(password, 4)],
  ])('T108: %s lets in and is made anew, once', async (_, username, make) => {
    const brought = await make();
    await people.addUser(username, { passwordHash: brought });
    expect((await people.openBrowser().signIn(username, 'not the password')).status).toBe(403);
    expect(await hashOf(username)).toBe(brought);
    expect((await people.openBrowser().signIn(username)).status).toBe(303);
    const made = await hashOf(username);
    expect(made).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect((await people.openBrowser().signIn(username)).status).toBe(303);
    expect(await hashOf(username)).toBe(made);
  });

  test('T108: what bcrypt never saw, past 72 bytes, counts from the next sign-in on', async () => {
    const long = 'lorem ipsum '.repeat(6);
    await people.addUser('long', { passwordHash: await hashBcrypt(`${long}dolor`, 4) });
    expect((await people.openBrowser().signIn('long', `${long}dolor`)).status).toBe(303);
    expect((await people.openBrowser().signIn('long', `${long}other`)).status).toBe(403);
    expect((await people.openBrowser().signIn('long', `${long}dolor`)).status).toBe(303);
  });

  test('T106: where too many wait for the hasher it stays as it is until the next sign-in, and lets in', async () => {
    let busy = false;
    const passwordHasher = {
      ...cheapHasher,
      needsRehash: (passwordHash: string) => passwordHash === `cheap$${password}`,
      hash: async () => {
        if (busy) throw new PasswordHasherBusyError('Too many passwords are being hashed.');
        return 'cheap$made anew';
      },
    };
    const crowd = await openPeople({ passwordHasher });
    const hashOfBob = async () => (await crowd.store.findUserByLogin('bob'))?.passwordHash;
    await crowd.addUser('bob', { passwordHash: `cheap$${password}` });
    busy = true;
    expect((await crowd.openBrowser().signIn('bob')).status).toBe(303);
    expect(await hashOfBob()).toBe(`cheap$${password}`);
    busy = false;
    expect((await crowd.openBrowser().signIn('bob')).status).toBe(303);
    expect(await hashOfBob()).toBe('cheap$made anew');
    await crowd.store.close();
  });

  test.each([
    ['4 GiB of memory', '$argon2id$v=19$m=4194304,t=1,p=1$AQEBAQEBAQEBAQEBAQEBAQ$AgICAgICAgICAgICAgICAg'],
    ['a broken PHC string', '$argon2id$v=19$m=19456,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAR$AgICAgICAgICAgICAgICAg'],
    ['no memory at all', '$argon2id$v=19$m=0,t=0,p=0$AQEBAQEBAQEBAQEBAQEBAQ$AgICAgICAgICAgICAgICAg'],
  ])(
    'T107: a stored hash with %s lets nobody in, and is answered like a wrong password',
    async (name, passwordHash) => {
      const username = `t107-${name.replaceAll(' ', '-').toLowerCase()}`;
      await people.addUser(username, { passwordHash });
      expect((await people.openBrowser().signIn(username)).status).toBe(403);
      expect(await hashOf(username)).toBe(passwordHash);
    },
  );
});
