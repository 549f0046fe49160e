import { describe, expect, test } from 'vitest';
import { nodeRsPasswordHasher } from '../../src/adapters/node_rs_password_hasher.ts';
import { createThreadedPasswordHasher } from '../../src/adapters/threaded_password_hasher.ts';

const hasher = createThreadedPasswordHasher(nodeRsPasswordHasher);
const password = 'correct horse battery staple';
const cutShort = '$2b$04$N9qo8uLOickgx2ZMRZoMye';

describe('T106: passwords are hashed in threads of their own', () => {
  test('what a thread hashes is verified by it and by the pool alike', async () => {
    const passwordHash = await hasher.hash(password);
    expect(await hasher.verify(passwordHash, password)).toBe(true);
    expect(await hasher.verify(passwordHash, 'another')).toBe(false);
    expect(await nodeRsPasswordHasher.verify(passwordHash, password)).toBe(true);
    expect(await hasher.verify(await nodeRsPasswordHasher.hash(password), password)).toBe(true);
    expect(hasher.needsRehash(passwordHash)).toBe(false);
  });

  test('a hash of unknown form is refused, as it is without threads', async () => {
    expect(await hasher.verify(cutShort, password)).toBe(false);
    expect(await hasher.verify('', password)).toBe(false);
  });

  test('several at once get each their own answer', async () => {
    const passwords = ['first of them', 'second of them', 'third of them'];
    const hashes = await Promise.all(passwords.map((each) => hasher.hash(each)));
    const matches = await Promise.all(
      hashes.flatMap((passwordHash) => passwords.map((each) => hasher.verify(passwordHash, each))),
    );
    expect(matches).toEqual([true, false, false, false, true, false, false, false, true]);
  });
});
