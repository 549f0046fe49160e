import { describe, expect, test } from 'vitest';
import { auditTypes } from '../../src/tokens/audit.ts';
import { makeAuditEvent } from '../contracts/records.ts';
import { removeFolder } from '../running_server.ts';
import { createTemplate } from './in_process.ts';
import { stoppedIssuer } from './stopped_issuer.ts';

const now = () => Math.floor(Date.now() / 1000);

// The standbys are old enough to take over, and the keys that sign have a month left.
const template = await createTemplate(now() - 20 * 86400);
const { issuer, keyturn, piping, withStore } = stoppedIssuer(template);

interface Listed {
  readonly type: string;
  readonly client_id: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

const events = async (...args: string[]): Promise<readonly Listed[]> =>
  JSON.parse((await keyturn('audit', 'list', '--json', ...args)).stdout).events;
const typesOf = async (...args: string[]) => (await events(...args)).map(({ type }) => type);

describe('keyturn audit list', () => {
  const addEvents = (): Promise<void> =>
    withStore(async (store) => {
      const at = now();
      await store.appendAudit(makeAuditEvent('sign_in.failed', { at: at - 7200, sub: null, clientId: 'app' }));
      await store.appendAudit(makeAuditEvent('sign_in.succeeded', { at: at - 600, sub: 's-1', clientId: 'app' }));
      await store.appendAudit(makeAuditEvent('consent.given', { at: at - 60, sub: 's-2', clientId: 'shop' }));
    });
  const ours = ['consent.given', 'sign_in.succeeded', 'sign_in.failed'];
  const withoutKeys = (types: readonly string[]) => types.filter((type) => !type.startsWith('key.'));

  test('the newest first, told apart by type, subject, client, age and number', async () => {
    await addEvents();
    expect(withoutKeys(await typesOf())).toEqual(ours);
    expect(await typesOf('--type', 'sign_in.failed')).toEqual(['sign_in.failed']);
    expect(await typesOf('--subject', 's-2')).toEqual(['consent.given']);
    expect(await typesOf('--client', 'app')).toEqual(['sign_in.succeeded', 'sign_in.failed']);
    expect(withoutKeys(await typesOf('--since', '3600'))).toEqual(['consent.given', 'sign_in.succeeded']);
    expect(await typesOf('--limit', '1')).toEqual(['consent.given']);
    expect(await typesOf('--client', 'app', '--subject', 's-2')).toEqual([]);
  });

  test('in words, with the username while there is one, and a hint where there may be more', async () => {
    const { sub } = JSON.parse((await keyturn('users', 'add', 'ada', '--json')).stdout);
    await withStore((store) => store.appendAudit(makeAuditEvent('sign_in.failed', { sub })));
    const { stdout } = await keyturn('audit', 'list', '--subject', 'ADA');
    expect(stdout).toMatch(/TIME +TYPE +SUBJECT +CLIENT +ADDRESS +DETAILS/);
    expect(stdout).toMatch(/sign_in\.failed +ada +app +192\.0\.2\.1 +sid=desk amr=pwd attempts=2 known=true/);
    expect(stdout).not.toContain('There may be more');
    expect((await keyturn('audit', 'list', '--limit', '2')).stdout).toContain('There may be more: --limit is 2');
    expect((await keyturn('audit', 'list', '--client', 'nobody')).stdout).toBe('There is no such event.\n');
  });

  test('T126: what others wrote is shown, not obeyed', async () => {
    const hostile = 'x\u001b[2J\r\nforged line\u202e';
    await withStore((store) =>
      store.appendAudit(makeAuditEvent('sign_in.failed', { clientId: hostile, details: { userAgent: hostile } })),
    );
    const { stdout } = await keyturn('audit', 'list', '--type', 'sign_in.failed');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(stdout).not.toMatch(/[\u001b\r\u202e]|\nforged/);
  });

  test.each([
    ['an unknown type', ['--type', 'sign_in'], 2, 'Allowed choices are sign_in.succeeded'],
    ['no number', ['--since', 'yesterday'], 2, 'Expected a whole number'],
    ['a limit of none', ['--limit', '0'], 2, 'Expected a whole number'],
  ])('%s is refused', async (_, args, code, message) => {
    expect(await keyturn('audit', 'list', ...args)).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
  });

  test('where there is no database none is made', async () => {
    removeFolder(issuer.folder);
    expect(await keyturn('audit', 'list')).toMatchObject({ code: 1, stderr: expect.stringContaining('no database') });
  });
});

describe('what the operator does is recorded', () => {
  test('clients and resources', async () => {
    const api = 'https://api.example.com';
    await keyturn('resources', 'add', api);
    await keyturn('clients', 'add', '--client-id', 'billing');
    await keyturn('clients', 'rotate-secret', 'billing');
    await keyturn('clients', 'remove', 'billing');
    await keyturn('resources', 'remove', api);
    const done = await events('--limit', '5');
    expect(done.map(({ type, client_id, details }) => [type, client_id ?? details.resource])).toEqual([
      ['resource.removed', api],
      ['client.removed', 'billing'],
      ['client.secret_rotated', 'billing'],
      ['client.added', 'billing'],
      ['resource.added', api],
    ]);
  });

  test('what was refused is not', async () => {
    const before = await typesOf();
    await keyturn('clients', 'add', '--client-id', 'billing');
    await keyturn('clients', 'remove', 'billing');
    await keyturn('resources', 'remove', 'https://api.example.com');
    await keyturn('users', 'lock', 'eve');
    expect(await typesOf()).toEqual(before);
  });

  test('keys: published by the first start, rotated, revoked, rewrapped, retired', async () => {
    expect(await typesOf('--limit', '10')).toEqual(Array.from({ length: 4 }, () => 'key.published'));
    await keyturn('keys', 'rotate', '--alg', 'ES256');
    const turned = await events('--type', 'key.rotated');
    expect(turned).toHaveLength(1);
    expect(await typesOf('--type', 'key.retired')).toHaveLength(1);
    const kid = String(turned[0]?.details.kid);
    await keyturn('keys', 'revoke', kid, '--reason', 'laptop stolen');
    expect((await events('--type', 'key.revoked'))[0]?.details).toEqual({ kid });
    await keyturn('keys', 'add-kek');
    await keyturn('keys', 'rewrap');
    const kids = (await events('--type', 'key.rewrapped')).map(({ details }) => details.kid);
    expect(kids.length).toBeGreaterThanOrEqual(3);
    expect(kids).not.toContain(kid);
  });

  test('nothing secret is in any event', async () => {
    await keyturn('resources', 'add', 'https://api.example.com');
    const added = JSON.parse((await keyturn('clients', 'add', '--client-id', 'billing', '--json')).stdout);
    const input = 'four unrelated words here';
    await piping(input, 'users', 'add', 'ada', '--password-stdin');
    const { stdout } = await keyturn('audit', 'list', '--json', '--limit', '1000');
    for (const secret of [added.client_secret, input, 'argon2']) expect(stdout).not.toContain(secret);
  });
});

test('every type is dotted: what, and what became of it', () => {
  expect(new Set(auditTypes).size).toBe(auditTypes.length);
  for (const type of auditTypes) expect(type).toMatch(/^[a-z_]+\.[a-z_]+$/);
});
