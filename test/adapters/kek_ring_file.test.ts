import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test, vi } from 'vitest';
import { lockFile } from '../../src/adapters/file_lock.ts';
import { createJoseKeyVault } from '../../src/adapters/jose_key_vault.ts';
import { addKekToFile, makeKekRingFile, promoteKekInFile, readKekRingFile } from '../../src/adapters/kek_ring_file.ts';
import { OperatorError } from '../../src/errors.ts';
import { makeFolder } from '../running_server.ts';

/** What was done to files, in order; all of it is done. */
const done = vi.hoisted((): string[] => []);

vi.mock('node:fs', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs')>();
  const told =
    <Given extends readonly unknown[], Result>(name: string, work: (...given: Given) => Result) =>
    (...given: Given): Result => {
      const result = work(...given);
      done.push(`${name} ${name === 'fsync' ? original.readlinkSync(`/proc/self/fd/${given[0]}`) : given[1]}`);
      return result;
    };
  return {
    ...original,
    linkSync: told('link', original.linkSync),
    renameSync: told('rename', original.renameSync),
    fsyncSync: told('fsync', original.fsyncSync),
  };
});

const adapter = new URL('../../src/adapters/kek_ring_file.ts', import.meta.url).href;

const newPath = (): string => join(makeFolder(), 'ring.json');

const modeOf = (path: string): number => statSync(path).mode & 0o777;

const refusalOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError);
    return (error as OperatorError).message;
  }
  throw new Error('it was not refused');
};

describe('making a ring', () => {
  test('makes one key of 256 bits in a file for its owner alone, whatever the umask', () => {
    const umask = process.umask(0);
    const path = newPath();
    expect(makeKekRingFile(path)).toBe(true);
    process.umask(umask);
    expect(modeOf(path)).toBe(0o600);
    const { keys } = readKekRingFile(path);
    expect(keys.map(({ k }) => Buffer.from(k, 'base64url').length)).toEqual([32]);
    expect(keys[0]?.kid).toMatch(/^kek-[0-9a-f]{12}$/);
  });

  test.runIf(process.platform === 'linux')(
    'a ring has its name on disk before anything is wrapped with it, however it came to be',
    () => {
      const path = newPath();
      const named: [string, () => unknown][] = [
        ['link', () => makeKekRingFile(path)],
        ['rename', () => addKekToFile(path, 'last')],
        ['rename', () => promoteKekInFile(path, readKekRingFile(path).keys[1]?.kid ?? '')],
      ];
      for (const [how, act] of named) {
        done.length = 0;
        act();
        expect(done).toEqual([`${how} ${path}`, `fsync ${dirname(path)}`]);
      }
    },
  );

  test('leaves a ring that is there as it is', () => {
    const path = newPath();
    makeKekRingFile(path);
    const before = readFileSync(path, 'utf8');
    expect(makeKekRingFile(path)).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  test('leaves nothing else beside it but the lock of who changed it, which is empty and for its owner alone', () => {
    const path = newPath();
    makeKekRingFile(path);
    expect(readdirSync(dirname(path))).toEqual(['ring.json']);
    addKekToFile(path);
    expect(readdirSync(dirname(path))).toEqual(['ring.json', 'ring.json.lock.db']);
    const { size, mode } = statSync(`${path}.lock.db`);
    expect([size, mode & 0o777]).toEqual([0, 0o600]);
  });

  test('changes the file that a link leads to, and leaves the link', () => {
    const [path, link] = [newPath(), newPath()];
    symlinkSync(path, link);
    const first = addKekToFile(link);
    const second = addKekToFile(link, 'last');
    expect(promoteKekInFile(link, second)).toBe(true);
    for (const named of [path, link])
      expect(readKekRingFile(named).keys.map(({ kid }) => kid)).toEqual([second, first]);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readdirSync(dirname(link))).toEqual(['ring.json']);
  });

  test('makes its folder, closed to others', () => {
    const path = join(dirname(newPath()), 'keys', 'ring.json');
    makeKekRingFile(path);
    expect(modeOf(dirname(path))).toBe(0o700);
  });

  test('says so when it cannot be written', () => {
    const file = newPath();
    writeFileSync(file, '');
    const message = refusalOf(() => makeKekRingFile(join(file, 'ring.json')));
    expect(message).toMatch(/could not be written \(\w+\)\. Make its folder writable .* KEYTURN_KEK_RING_FILE/);
  });

  test('by processes at once: one makes it, and all find the same', async () => {
    const path = newPath();
    const maker = `
      import { makeKekRingFile, readKekRingFile } from ${JSON.stringify(adapter)};
      import { once } from 'node:events';
      process.stdout.write('ready');
      await once(process.stdin, 'data');
      const answers = [];
      for (let round = 0; round < 20; round += 1) {
        const made = makeKekRingFile(${JSON.stringify(path)} + round);
        answers.push([made, readKekRingFile(${JSON.stringify(path)} + round).keys[0].kid]);
      }
      process.stdout.write(JSON.stringify(answers));
      process.exit(0);
    `;
    const children = [1, 2, 3].map(() => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', maker], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let written = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        written += chunk;
      });
      return { child, ready: once(child.stdout, 'data'), ended: once(child, 'close'), written: () => written };
    });
    await Promise.all(children.map(({ ready }) => ready));
    for (const { child } of children) child.stdin.end('go');
    await Promise.all(children.map(({ ended }) => ended));
    const answers: readonly (readonly [boolean, string])[][] = children.map(({ written }) =>
      JSON.parse(written().slice('ready'.length)),
    );
    for (let round = 0; round < 20; round += 1) {
      const found = answers.map((rounds) => rounds[round]);
      expect(found.filter((answer) => answer?.[0]).length).toBe(1);
      expect(new Set(found.map((answer) => answer?.[1])).size).toBe(1);
    }
  }, 60_000);
});

describe('reading a ring', () => {
  test('takes a credential of systemd, whose mode shows the service in place of the group', () => {
    const path = newPath();
    makeKekRingFile(path);
    const { keys } = readKekRingFile(path);
    chmodSync(path, 0o440);
    expect(readKekRingFile(path, dirname(path)).keys).toEqual(keys);
    for (const mode of [0o460, 0o444, 0o450]) {
      chmodSync(path, mode);
      expect(refusalOf(() => readKekRingFile(path, dirname(path)))).toContain('can be read by others');
    }
    chmodSync(path, 0o440);
    expect(refusalOf(() => readKekRingFile(path, makeFolder()))).toContain('can be read by others');
  });

  test.each([0o640, 0o604, 0o660, 0o644, 0o610, 0o601])('refuses one that others can touch: mode %o', (mode) => {
    const path = newPath();
    makeKekRingFile(path);
    chmodSync(path, mode);
    expect(refusalOf(() => readKekRingFile(path))).toBe(
      `The ring of key-encryption keys ${path} can be read by others. Run: chmod 600 ${path}`,
    );
  });

  test.each([0o600, 0o400])('takes one that its owner alone can: mode %o', (mode) => {
    const path = newPath();
    makeKekRingFile(path);
    chmodSync(path, mode);
    expect(readKekRingFile(path).keys.length).toBe(1);
  });

  test('looks at the file behind a link', () => {
    const path = newPath();
    makeKekRingFile(path);
    symlinkSync(path, `${path}.link`);
    expect(readKekRingFile(`${path}.link`).keys.length).toBe(1);
    chmodSync(path, 0o644);
    expect(refusalOf(() => readKekRingFile(`${path}.link`))).toContain('can be read by others');
  });

  test('says what a missing one means, and what to do', () => {
    expect(refusalOf(() => readKekRingFile(newPath()))).toMatch(
      /is missing\. Set KEYTURN_KEK_RING_FILE .* Without the ring the signing keys in the database cannot be opened\./,
    );
  });

  test('says which file it is that holds no ring', () => {
    const path = newPath();
    writeFileSync(path, '{"keys":[]}', { mode: 0o600 });
    expect(refusalOf(() => readKekRingFile(path))).toContain(path);
  });
});

describe('adding a KEK', () => {
  test('puts it first and keeps the others: what was wrapped before still opens', async () => {
    const path = newPath();
    makeKekRingFile(path);
    const before = readKekRingFile(path);
    const context = { issuer: 'https://id.example.com', kid: 'kid', alg: 'ES256', slot: 0 } as const;
    const jwe = await createJoseKeyVault(before).wrap({ kty: 'EC' }, context);
    const kid = addKekToFile(path);
    const after = readKekRingFile(path);
    expect([after.keys[0]?.kid, after.keys.slice(1)]).toEqual([kid, before.keys]);
    const vault = createJoseKeyVault(after);
    expect([vault.wrappingKid, await vault.unwrap(jwe, context)]).toEqual([kid, { kty: 'EC' }]);
    expect(modeOf(path)).toBe(0o600);
  });

  test('makes the file where there is none', () => {
    const path = newPath();
    const kid = addKekToFile(path);
    expect(readKekRingFile(path).keys.map((key) => key.kid)).toEqual([kid]);
    expect(modeOf(path)).toBe(0o600);
  });

  test('beside a lock that a killed command of an earlier version left, its number as text', () => {
    const path = newPath();
    makeKekRingFile(path);
    writeFileSync(`${path}.lock`, '4711');
    const kid = addKekToFile(path, 'last');
    expect(promoteKekInFile(path, kid)).toBe(true);
    expect(readKekRingFile(path).keys[0]?.kid).toBe(kid);
    expect(readFileSync(`${path}.lock`, 'utf8')).toBe('4711');
  });

  test('by two at once: the second is told, and what the first put in stays', () => {
    const path = newPath();
    makeKekRingFile(path);
    const before = readFileSync(path, 'utf8');
    const unlock = lockFile(`${path}.lock.db`);
    for (const act of [() => addKekToFile(path), () => addKekToFile(path, 'last'), () => promoteKekInFile(path, 'any')])
      expect(refusalOf(act)).toBe(
        `Another command is changing the ring of key-encryption keys ${path}; nothing was changed. Try again once it is done.`,
      );
    expect(readFileSync(path, 'utf8')).toBe(before);
    unlock?.();
    const added = [addKekToFile(path), addKekToFile(path)];
    expect(readKekRingFile(path).keys.map(({ kid }) => kid)).toEqual(expect.arrayContaining(added));
  });

  test('by processes at once, after one that was killed half way: each puts its key in, and none is lost', async () => {
    const path = newPath();
    makeKekRingFile(path);
    const killed = spawn(process.execPath, [
      ...['--input-type=module', '-e'],
      `
        import fs from 'node:fs';
        import { syncBuiltinESMExports } from 'node:module';
        fs.renameSync = () => process.kill(process.pid, 'SIGKILL');
        syncBuiltinESMExports();
        const { addKekToFile } = await import(${JSON.stringify(adapter)});
        addKekToFile(${JSON.stringify(path)});
      `,
    ]);
    expect(await once(killed, 'close')).toEqual([null, 'SIGKILL']);
    const [rounds, processes] = [20, 5];
    for (let round = 0; round < rounds; round += 1) {
      makeKekRingFile(path + round);
      cpSync(`${path}.lock.db`, `${path}${round}.lock.db`);
    }
    const adding = `
      import { readdirSync, writeFileSync } from 'node:fs';
      import { addKekToFile } from ${JSON.stringify(adapter)};
      const path = ${JSON.stringify(path)};
      const folder = ${JSON.stringify(dirname(path))};
      const sleep = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      const add = (file) => {
        for (;;) {
          try {
            return addKekToFile(file);
          } catch (error) {
            if (!error.message.startsWith('Another command')) throw error;
            sleep();
          }
        }
      };
      const kids = [];
      for (let round = 0; round < ${rounds}; round += 1) {
        writeFileSync(path + round + '.here.' + process.pid, '');
        while (readdirSync(folder).filter((name) => name.startsWith('ring.json' + round + '.here.')).length < ${processes})
          sleep();
        kids.push(add(path + round));
      }
      process.stdout.write(JSON.stringify(kids));
    `;
    const answers = await Promise.all(
      Array.from({ length: processes }, async () => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', adding], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        return JSON.parse(await text(child.stdout)) as readonly string[];
      }),
    );
    for (let round = 0; round < rounds; round += 1) {
      const added = answers.map((kids) => kids[round]);
      const { keys } = readKekRingFile(path + round);
      expect([round, keys.length]).toEqual([round, 1 + processes]);
      expect(keys.map(({ kid }) => kid)).toEqual(expect.arrayContaining(added));
    }
  }, 120_000);

  test.runIf(process.getuid?.() === 0)('by root leaves it to the server’s user, who made it or has its folder', () => {
    const [path, ownerOf] = [newPath(), (file: string) => statSync(file).uid];
    chownSync(dirname(path), 4711, 4711);
    addKekToFile(path);
    expect([ownerOf(path), ownerOf(`${path}.lock.db`)]).toEqual([4711, 4711]);
    chownSync(path, 4712, 4712);
    promoteKekInFile(path, addKekToFile(path, 'last'));
    expect([ownerOf(path), ownerOf(`${path}.lock.db`)]).toEqual([4712, 4712]);
    const [other, roots] = [newPath(), newPath()];
    writeFileSync(roots, '');
    symlinkSync(roots, `${other}.lock.db`);
    chownSync(dirname(other), 4711, 4711);
    addKekToFile(other);
    expect([ownerOf(other), ownerOf(roots)]).toEqual([4711, 0]);
  });

  test('to a file that is no ring, or that others can read, changes nothing', () => {
    const path = newPath();
    writeFileSync(path, 'no ring', { mode: 0o600 });
    refusalOf(() => addKekToFile(path));
    expect(readFileSync(path, 'utf8')).toBe('no ring');
    const open = newPath();
    makeKekRingFile(open);
    const before = readFileSync(open, 'utf8');
    chmodSync(open, 0o644);
    refusalOf(() => addKekToFile(open));
    expect([readFileSync(open, 'utf8'), existsSync(open)]).toEqual([before, true]);
  });
});

describe('adding a KEK for nodes that do not know it yet', () => {
  test('puts it last: what is wrapped is wrapped as before, until it is promoted, and everything opens throughout', async () => {
    const path = newPath();
    makeKekRingFile(path);
    const before = readKekRingFile(path);
    const kid = addKekToFile(path, 'last');
    expect(readKekRingFile(path).keys.map((key) => key.kid)).toEqual([before.keys[0]?.kid, kid]);
    const context = { issuer: 'https://id.example.com', kid: 'kid', alg: 'ES256', slot: 0 } as const;
    const vault = createJoseKeyVault(readKekRingFile(path));
    expect(vault.wrappingKid).toBe(before.keys[0]?.kid);
    const jwe = await createJoseKeyVault(before).wrap({ kty: 'EC' }, context);
    expect(promoteKekInFile(path, kid)).toBe(true);
    const promoted = createJoseKeyVault(readKekRingFile(path));
    expect([promoted.wrappingKid, await promoted.unwrap(jwe, context)]).toEqual([kid, { kty: 'EC' }]);
    expect(await vault.unwrap(await promoted.wrap({ kty: 'EC' }, context), context)).toEqual({ kty: 'EC' });
    expect(modeOf(path)).toBe(0o600);
  });

  test('a KEK that is first already, or not in the ring, changes nothing', () => {
    const path = newPath();
    makeKekRingFile(path);
    const kid = addKekToFile(path);
    const before = readFileSync(path, 'utf8');
    expect(promoteKekInFile(path, kid)).toBe(false);
    expect(refusalOf(() => promoteKekInFile(path, 'kek-of-nobody'))).toContain(
      'has no key-encryption key kek-of-nobody',
    );
    expect(readFileSync(path, 'utf8')).toBe(before);
  });
});
