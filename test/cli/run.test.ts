// What every command does with its command line, whatever the command.
import { beforeAll, describe, expect, test } from 'vitest';
import { createProgram, run } from '../../src/cli/run.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { OperatorError } from '../../src/errors.ts';
import { PasswordHasherBusyError } from '../../src/seams/password_hasher.ts';
import { makeFolder } from '../running_server.ts';
import { loopbackIn, runCommand, startRingsAt, withStoreAt } from './in_process.ts';

const folder = makeFolder();
const environment = loopbackIn(folder);
const now = Math.floor(Date.now() / 1000);

beforeAll(() => startRingsAt(folder, environment, now));

const activeKid = async (): Promise<string> => {
  const { keys } = await withStoreAt(folder, now, (store) => store.readSigningKeys());
  return keys.find(({ activatesAt, revokedAt }) => activatesAt <= now && revokedAt === null)?.kid ?? '';
};

describe('an option whose value is left out', () => {
  test.each([['--dry-run'], ['--json'], ['--help'], ['-h']])('does not take %s for it', async (next) => {
    const kid = await activeKid();
    const { code, stdout, stderr } = await runCommand(['keys', 'revoke', kid, '--reason', next], { environment });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain("option '--reason <text>' argument missing");
    expect(await activeKid()).toBe(kid);
  });

  test.each([
    [['clients', 'add', '--redirect-uri', '--first-party'], '--redirect-uri <uri...>'],
    [['users', 'add', 'ada', '--role', 'admin', '--role', '--json'], '--role <role...>'],
  ])('nor does one that takes several: %j', async (args, option) => {
    const { code, stderr } = await runCommand(args, { environment });
    expect(code).toBe(2);
    expect(stderr).toContain(`option '${option}' argument missing`);
  });

  test('given with =, what is called like an option is a value, also one of several', async () => {
    const kid = await activeKid();
    const revoke = ['keys', 'revoke', kid, '--json', '--dry-run', '--reason=--json'];
    expect(await runCommand(revoke, { environment })).toMatchObject({ code: 0 });
    const add = ['clients', 'add', '--grant-type', 'authorization_code', '--redirect-uri', 'https://app.example/back'];
    const { stdout } = await runCommand([...add, '--client-name=--json', '--json'], { environment });
    expect(JSON.parse(stdout).client_name).toBe('--json');
    const roles = ['users', 'add', 'eve', '--role=--json', '--role', 'admin', '--json'];
    expect(JSON.parse((await runCommand(roles, { environment })).stdout).roles).toEqual(['--json', 'admin']);
  });

  test('other words with a hyphen before them are values', async () => {
    const args = ['keys', 'revoke', await activeKid(), '--dry-run', '--reason', '-lost'];
    expect(await runCommand(args, { environment })).toMatchObject({ code: 0 });
  });
});

test.each([
  [['keys', 'list', '--remote', 'https://id.example.com']],
  [['keys', 'list', '--remote=https://id.example.com']],
  // It takes a kid that begins with a dash.
  [['keys', 'revoke', 'NzbLsXh8', '--remote', 'https://id.example.com']],
])('--remote behind the command, as in %j, is refused with where it goes', async (args) => {
  const { code, stderr } = await runCommand(args, { environment });
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining('goes before the command, as in: keyturn --remote ISSUER'),
  ]);
});

describe('keyturn help', () => {
  test.each([
    [['help', 'keys', 'revoke'], 'Usage: keyturn keys revoke '],
    [['help', 'keys', 'revoke', '--json'], 'Usage: keyturn keys revoke '],
    [['help', 'users', 'add', '--json'], 'Usage: keyturn users add '],
    [['help', 'backup', '--json'], 'Usage: keyturn backup '],
    [['help', 'keys'], 'Usage: keyturn keys '],
    [['help', 'keys', '--json'], 'Usage: keyturn keys '],
    [['keys', 'help'], 'Usage: keyturn keys '],
    [['keys', 'help', 'revoke'], 'Usage: keyturn keys revoke '],
    [['help'], 'Usage: keyturn [options]'],
  ])('%j shows that very command', async (args, usage) => {
    const { code, stdout } = await runCommand(args, { environment });
    expect([code, stdout]).toEqual([0, expect.stringContaining(usage)]);
  });

  test.each([
    [['help', 'kyes'], "keyturn: unknown command 'kyes'\n(Did you mean keys?)"],
    [['help', 'nix'], "keyturn: unknown command 'nix'\n"],
    [['help', 'keys', 'nope'], "keyturn: unknown command 'nope'\n"],
    [['help', 'keys', 'rotat'], "keyturn: unknown command 'rotat'\n(Did you mean rotate?)"],
    [['keys', 'help', 'rotat'], "keyturn: unknown command 'rotat'\n(Did you mean rotate?)"],
  ])('%j of a command there is not is refused with its reason', async (args, said) => {
    const { code, stdout, stderr } = await runCommand(args, { environment });
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(said)]);
  });
});

describe('what went wrong', () => {
  test.each([
    [new PasswordHasherBusyError('No thread.'), 1, 'keyturn: No thread.'],
    [new OperatorError('No file.'), 1, 'keyturn: No file.'],
    [
      Object.assign(new Error("/lib/libc.so.6: version `GLIBC_2.34' not found"), { code: 'ERR_DLOPEN_FAILED' }),
      1,
      "keyturn: A native part could not be loaded (/lib/libc.so.6: version `GLIBC_2.34' not found). ",
    ],
    [
      Object.assign(new Error("Cannot find module '/a/better_sqlite3.node'\nRequire stack:"), {
        code: 'MODULE_NOT_FOUND',
      }),
      1,
      "could not be loaded (Cannot find module '/a/better_sqlite3.node'). ",
    ],
    [new Error('Cannot find native binding. npm has a bug'), 1, 'could not be loaded (Cannot find native binding). '],
    [
      new OperatorError('No ring.', { cause: Object.assign(new Error('EMFILE: ...'), { code: 'EMFILE' }) }),
      1,
      'keyturn: Too few files may be open at once (EMFILE). ',
    ],
    [new Error('No idea'), 70, 'keyturn: No idea. This is a bug in Keyturn'],
  ])('%s', async (error, code, said) => {
    const told: unknown[] = [];
    const tell = (what: unknown): unknown => told.push(what);
    const terminal = { environment: {}, printError: tell, setExitCode: tell } as unknown as Terminal;
    const program = createProgram('0.0.0', terminal);
    program.command('fail').action(() => {
      throw error;
    });
    await run(program, ['node', 'keyturn', 'fail'], terminal);
    expect(told).toEqual([code, expect.stringContaining(said)]);
  });
});
