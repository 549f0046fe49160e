// What every PasswordHasher does, and that each verifies what the others made.
import { describe, expect, test } from 'vitest';
import type { PasswordHasher } from '../../src/seams/password_hasher.ts';

/** A password and a hash of it that another implementation made. */
export interface BroughtHash {
  readonly what: string;
  readonly password: string;
  readonly passwordHash: string;
  readonly outdated: boolean;
}

/** A hasher that may be in another process. */
export type AskedHasher = {
  readonly [Verb in keyof PasswordHasher]: (
    ...values: Parameters<PasswordHasher[Verb]>
  ) => Awaited<ReturnType<PasswordHasher[Verb]>> | Promise<Awaited<ReturnType<PasswordHasher[Verb]>>>;
};

export const passwords = [
  'four unrelated words here',
  // Letters of two, three and four bytes: what is hashed are bytes, and all of them.
  'pässwörter mit ümlauten ß',
  'пароль из четырёх слов',
  '🔑🔒 schlüssel & 鍵',
  'a'.repeat(4096),
];

export const describePasswordHasher = (
  name: string,
  { hash, verify, needsRehash, accepts }: AskedHasher,
  brought: readonly BroughtHash[],
): void => {
  describe(`PasswordHasher: ${name}`, () => {
    test('19 MiB, two passes, one lane, and a salt of its own each time', async () => {
      const [one, other] = [await hash('some password'), await hash('some password')];
      expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
      expect(one).not.toBe(other);
      expect([await accepts(one), await needsRehash(one)]).toEqual([true, false]);
    });

    test.each(passwords)('%s is verified, and nothing that differs at its end', async (password) => {
      const made = await hash(password);
      expect(await verify(made, password)).toBe(true);
      for (const near of [password.slice(0, -2), `${password}.`, `${password}\0`])
        expect(await verify(made, near)).toBe(false);
    });

    test.each(brought)('T108: $what is verified', async ({ password, passwordHash, outdated }) => {
      expect(await accepts(passwordHash)).toBe(true);
      expect(await verify(passwordHash, password)).toBe(true);
      expect(await verify(passwordHash, `${password}!`.slice(-60))).toBe(false);
      expect(await needsRehash(passwordHash)).toBe(outdated);
    });

    const [salt, tag] = ['A'.repeat(22), 'A'.repeat(43)];
    test.each([
      ['4 GiB of memory', `$argon2id$v=19$m=4194304,t=1,p=1$${salt}$${tag}`],
      ['a thousand passes', `$argon2id$v=19$m=19456,t=1000,p=1$${salt}$${tag}`],
      ['many lanes', `$argon2id$v=19$m=19456,t=2,p=64$${salt}$${tag}`],
      ['no pass', `$argon2id$v=19$m=19456,t=0,p=1$${salt}$${tag}`],
      ['argon2i', `$argon2i$v=19$m=19456,t=2,p=1$${salt}$${tag}`],
      ['something after it', `$argon2id$v=19$m=19456,t=2,p=1$${salt}$${tag}\n`],
      ['a bcrypt cost of 31', `$2b$31$${'a'.repeat(53)}`],
      ['the password itself', 'some password'],
      ['nothing', ''],
    ])('T107: %s matches no password and is not accepted', async (_, passwordHash) => {
      expect(await accepts(passwordHash)).toBe(false);
      expect(await verify(passwordHash, 'some password')).toBe(false);
    });
  });
};
