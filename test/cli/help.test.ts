import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { addClients } from '../../src/cli/clients.ts';
import { addDatabases } from '../../src/cli/databases.ts';
import { addDoctor } from '../../src/cli/doctor.ts';
import { addKeys } from '../../src/cli/keys.ts';
import { addResources } from '../../src/cli/resources.ts';
import { createProgram } from '../../src/cli/run.ts';
import { addServe } from '../../src/cli/serve_command.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { addToken } from '../../src/cli/token.ts';

/** Declaring commands asks nothing of the terminal; showing help only prints. */
const help: string[] = [];
const terminal = { print: (text: string) => help.push(text) } as unknown as Terminal;

const program = createProgram('0.0.0', terminal);
for (const add of [addServe, addKeys, addClients, addResources, addToken, addDatabases, addDoctor])
  add(program, terminal);

const leavesOf = (command: Command, path: readonly string[]): readonly (readonly string[])[] =>
  command.commands.length === 0
    ? [path]
    : command.commands.flatMap((child) => leavesOf(child, [...path, child.name()]));

const leaves = leavesOf(program, []);

const helpOf = async (path: readonly string[]): Promise<string> => {
  help.length = 0;
  await program.parseAsync([...path, '--help'], { from: 'user' }).catch(() => undefined);
  return help.join('\n');
};

describe('--help', () => {
  test('the commands are the ones documented', () => {
    expect(leaves.map((path) => path.join(' '))).toEqual([
      'serve',
      ...['list', 'history', 'verify-history', 'rotate', 'revoke', 'drill', 'add-kek', 'promote-kek', 'rewrap'].map(
        (name) => `keys ${name}`,
      ),
      ...['add', 'list', 'show', 'export', 'import', 'rotate-secret', 'remove'].map((name) => `clients ${name}`),
      ...['add', 'list', 'remove'].map((name) => `resources ${name}`),
      ...['inspect', 'verify', 'mint', 'revoke'].map((name) => `token ${name}`),
      'backup',
      'restore',
      'copy',
      'doctor',
    ]);
  });

  test.each(leaves.map((path) => path.join(' ')))('of %s gives an example of itself', async (name) => {
    const text = await helpOf(name.split(' '));
    expect(text).toMatch(new RegExp(`^Usage: keyturn ${name} `));
    expect(text).toMatch(new RegExp(`Examples?:\\n(.*\\n)*.*keyturn ${name}`));
  });

  test.each(leaves.map((path) => path.join(' ')).filter((name) => name !== 'serve'))(
    'of %s offers --json',
    async (name) => {
      expect(await helpOf(name.split(' '))).toContain('--json');
    },
  );
});
