import { argon2Sync, randomBytes } from 'node:crypto';
import { hash as hashBcrypt } from '@node-rs/bcrypt';
import { describe, expect, test } from 'vitest';
import { isKnownPasswordHash, nodeRsPasswordHasher } from '../../src/adapters/node_rs_password_hasher.ts';

const { hash, verify, needsRehash } = nodeRsPasswordHasher;
const password = 'four unrelated words here';

interface Costs {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

const bare = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

/** A PHC string made by another implementation: Node's own. */
const elsewhere = ({ memory, passes, parallelism }: Costs, message = password): string => {
  const nonce = randomBytes(16);
  const made = argon2Sync('argon2id', { message, nonce, memory, passes, parallelism, tagLength: 32 });
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${bare(nonce)}$${bare(made)}`;
};

describe('argon2id, RFC 9106', () => {
  test('19 MiB, two passes, one lane, and a salt of its own each time', async () => {
    const [one, other] = [await hash(password), await hash(password)];
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(one).not.toBe(other);
    expect([await verify(one, password), await verify(one, `${password}.`)]).toEqual([true, false]);
    expect(needsRehash(one)).toBe(false);
  });

  test('T108: hashes of older parameters are verified, and to be made anew', async () => {
    for (const costs of [
      { memory: 4096, passes: 3, parallelism: 1 },
      { memory: 19_456, passes: 1, parallelism: 4 },
    ]) {
      const old = elsewhere(costs);
      expect([await verify(old, password), await verify(old, 'another')]).toEqual([true, false]);
      expect(needsRehash(old)).toBe(true);
    }
  });

  test('stronger parameters are left as they are', () => {
    expect(needsRehash(elsewhere({ memory: 32_768, passes: 2, parallelism: 2 }))).toBe(false);
  });
});

describe('bcrypt from elsewhere', () => {
  test.each(['2a', '2b', '2y'] as const)('T108: a $%s$ hash is verified, and to be made anew', async (version) => {
    const brought = (await hashBcrypt(password, 4)).replace('$2b$', `$${version}$`);
    expect(isKnownPasswordHash(brought)).toBe(true);
    expect([await verify(brought, password), await verify(brought, 'another')]).toEqual([true, false]);
    expect(needsRehash(brought)).toBe(true);
  });
});

const [salt, tag] = [bare(Buffer.alloc(16, 1)), bare(Buffer.alloc(32, 2))];

describe('a hash that is not touched', () => {
  test.each([
    ['4 GiB of memory', `$argon2id$v=19$m=4194304,t=1,p=1$${salt}$${tag}`],
    ['memory just past what is borne', `$argon2id$v=19$m=131073,t=1,p=1$${salt}$${tag}`],
    ['a thousand passes', `$argon2id$v=19$m=19456,t=1000,p=1$${salt}$${tag}`],
    ['many lanes', `$argon2id$v=19$m=19456,t=2,p=64$${salt}$${tag}`],
    ['a number past every integer', `$argon2id$v=19$m=99999999999999999999,t=2,p=1$${salt}$${tag}`],
    ['no memory', `$argon2id$v=19$m=0,t=2,p=1$${salt}$${tag}`],
    ['less memory than lanes need', `$argon2id$v=19$m=8,t=1,p=8$${salt}$${tag}`],
    ['no pass', `$argon2id$v=19$m=19456,t=0,p=1$${salt}$${tag}`],
    ['no lane', `$argon2id$v=19$m=19456,t=2,p=0$${salt}$${tag}`],
    ['argon2i', `$argon2i$v=19$m=19456,t=2,p=1$${salt}$${tag}`],
    ['an old version', `$argon2id$v=16$m=19456,t=2,p=1$${salt}$${tag}`],
    ['a salt that is no base64', `$argon2id$v=19$m=19456,t=2,p=1$${salt.slice(0, -1)}B$${tag}`],
    ['a salt cut short', `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(21)}$${tag}`],
    ['no tag', `$argon2id$v=19$m=19456,t=2,p=1$${salt}$`],
    ['something after it', `$argon2id$v=19$m=19456,t=2,p=1$${salt}$${tag}\n`],
    ['a bcrypt cost of 31', `$2b$31$${'a'.repeat(53)}`],
    ['a bcrypt cost of 0', `$2b$00$${'a'.repeat(53)}`],
    ['bcrypt with the sign-extension bug', `$2x$10$${'a'.repeat(53)}`],
    ['scrypt', '$scrypt$ln=16,r=8,p=1$c2FsdA$aGFzaA'],
    ['SHA-512 crypt', '$6$saltsalt$hashhash'],
    ['the password itself', password],
    ['nothing', ''],
  ])('T107: %s matches no password, and is refused when it is brought along', async (_, passwordHash) => {
    expect(isKnownPasswordHash(passwordHash)).toBe(false);
    expect(await verify(passwordHash, password)).toBe(false);
  });
});
