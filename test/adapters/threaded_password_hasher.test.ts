import { spawnSync } from 'node:child_process';
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

const adapters = new URL('../../src/adapters/', import.meta.url).href;
/** Takes every file descriptor there is, asks, gives them back, and asks again. */
const withoutFiles = `
  import { closeSync, openSync } from 'node:fs';
  const { createThreadedPasswordHasher } = await import('${adapters}threaded_password_hasher.ts');
  const told = [];
  const hasher = createThreadedPasswordHasher({}, { error: ({ advice }) => told.push(advice) });
  // Its threads keep no process.
  setInterval(() => undefined, 1000);
  const taken = [];
  try { for (;;) taken.push(openSync('/dev/null')); } catch {}
  const refused = [];
  for (const password of ['one', 'another']) await hasher.hash(password).catch(({ name, message }) => refused.push(\`\${name}: \${message}\`));
  for (const file of taken) closeSync(file);
  console.log(JSON.stringify({ told, refused, hash: await hasher.hash('once more') }));
  process.exit();
`;

test.runIf(process.platform !== 'win32')('no file left for a thread: they are to try again, told once', () => {
  const command = 'ulimit -n 64; exec "$@"';
  const program = ['sh', process.execPath, '-e', withoutFiles];
  const { stdout, stderr } = spawnSync('sh', ['-c', command, ...program], { encoding: 'utf8' });
  expect(stderr).toBe('');
  const { told, refused, hash } = JSON.parse(stdout);
  const words = expect.stringMatching(/^PasswordHasherBusyError: A password could not be hashed .*LimitNOFILE/);
  expect(refused).toEqual([words, words]);
  expect(told).toEqual([expect.stringContaining('LimitNOFILE')]);
  expect(hash).toMatch(/^\$argon2id\$/);
});
