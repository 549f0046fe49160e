// Text of others on a terminal: whatever a command prints shows control characters, and obeys none.
import { beforeAll, describe, expect, test } from 'vitest';
import { makeFolder } from '../running_server.ts';
import { loopbackIn, runCommand, startRingsAt } from './in_process.ts';

const folder = makeFolder();
const environment = loopbackIn(folder);
const hostile = '\u001b[31m\u009b2J\u0007\r\u202egnp\u2028x';
const obeyed = /(?!\n)[\p{Cc}\u2028\u202e]/u;
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = `${encode({ alg: 'ES256', kid: hostile })}.${encode({ iss: hostile })}.AAAA`;

beforeAll(() => startRingsAt(folder, environment, Math.floor(Date.now() / 1000)));

describe('control characters are shown, not obeyed', () => {
  test.each([
    ['a choice there is not', ['keys', 'rotate', '--alg', hostile]],
    ['a command there is not', [hostile]],
    ['an option there is not', ['users', 'list', `--${hostile}`]],
    ['a file there is not', ['keys', 'verify-history', hostile]],
    ['a claim that is none', ['users', 'add', 'ada', '--claim', `${hostile}=x`]],
    ['a redirection', ['clients', 'add', '--redirect-uri', `https://a/${hostile}`]],
  ])('in what is said of %s', async (_, args) => {
    const { code, stdout, stderr } = await runCommand(args, { environment });
    expect(code).toBeGreaterThan(0);
    expect(stdout).toBe('');
    expect(stderr).toContain('\\u001b[31m');
    expect(stderr).not.toMatch(obeyed);
  });

  test.each([
    ['inspect', ['token', 'inspect', token, '--json'], { claims: { iss: hostile } }],
    ['mint', ['token', 'mint', '--resource', hostile, '--json'], { claims: { aud: hostile } }],
  ])('in the JSON of token %s, which says the same', async (_, args, document) => {
    const { stdout } = await runCommand(args, { environment });
    expect(stdout).not.toMatch(obeyed);
    expect(JSON.parse(stdout)).toMatchObject(document);
  });
});
