import { randomUUID } from 'node:crypto';
import { hash as hashBcrypt } from '@node-rs/bcrypt';
import { describe, expect, test } from 'vitest';
import { nodeRsPasswordHasher } from '../../src/adapters/node_rs_password_hasher.ts';
import { hashOpaque } from '../../src/tokens/opaque.ts';
import {
  makeClient,
  makeCode,
  makeConsent,
  makeFamily,
  makeRefreshToken,
  makeSession,
  makeUser,
} from '../contracts/records.ts';
import { createEmptyTemplate } from './in_process.ts';
import { stoppedIssuer } from './stopped_issuer.ts';

const password = 'four unrelated words here';

const template = await createEmptyTemplate();

const { keyturn, piping, typing, document, withStore } = stoppedIssuer(template);
const now = () => Math.floor(Date.now() / 1000);
const userOf = (login: string) => withStore((store) => store.findUserByLogin(login));
const auditTypes = () =>
  withStore(async (store) => (await store.listAudit({ limit: 100 })).map(({ type }) => type).reverse());
const refused = (message: string) => ({ code: 1, stdout: '', stderr: expect.stringContaining(message) });

/** A sign-in of the user, as a server leaves it: session, consent, and a family of tokens. */
const addTraces = (sub: string): Promise<void> =>
  withStore(async (store) => {
    const [sid, at] = [randomUUID(), now()];
    await store.addClient(makeClient('app'));
    await store.addSession(makeSession(sid, { sub, sessionHash: hashOpaque(sid), expiresAt: at + 3600 }), null);
    await store.saveConsent(makeConsent({ sub }));
    await store.addAuthorizationCode(makeCode('code', { sub, sid, expiresAt: at + 60 }));
    const family = makeFamily('family', { sub, sid, expiresAt: at + 3600 });
    await store.redeemCode('code', at, family, makeRefreshToken('token', { expiresAt: at + 3600 }));
  });

const liveSessions = (sub: string) => withStore(async (store) => (await store.listSessions(sub)).length);
const familyEnd = () => withStore(async (store) => (await store.findFamily('family'))?.endReason);

describe('keyturn users add', () => {
  test('add, show, list, with everything there is to say', async () => {
    const said = [
      '--email',
      'Ada@Example.ORG',
      '--email-verified',
      '--name',
      'Ada Lovelace',
      '--role',
      'admin',
      'reader',
    ];
    const claims = ['--claim', 'birthdate=1815', '--claim', 'address={"country":"GB"}', '--claim', 'zoneinfo=A=B'];
    const added = await document('users', 'add', 'ADA', ...said, ...claims);
    expect(added).toEqual({
      sub: expect.stringMatching(/^[0-9a-f]{8}-/),
      username: 'ada',
      email: 'ada@example.org',
      email_verified: true,
      claims: { birthdate: '1815', address: { country: 'GB' }, zoneinfo: 'A=B', name: 'Ada Lovelace' },
      roles: ['admin', 'reader'],
      has_password: false,
      password_changed_at: null,
      locked_at: null,
      created_at: expect.any(Number),
      updated_at: expect.any(Number),
    });
    for (const typed of ['ada', 'ADA@example.org', added.sub])
      expect(await document('users', 'show', typed)).toEqual(added);
    expect(await document('users', 'list')).toEqual({ users: [added], next: null });
    expect((await keyturn('users', 'list')).stdout).toMatch(
      /ada +ada@example\.org \(verified\) +Ada Lovelace +admin reader +no password/,
    );
    expect(await auditTypes()).toEqual(['user.added']);
  });

  test('a password from standard input is kept as argon2id, normalized, and never shown', async () => {
    const decomposed = 'cafe\u0301 au lait, s’il vous plait';
    const added = await piping(`\ufeff${decomposed}\r\n`, 'users', 'add', 'ada', '--password-stdin');
    expect(added).toMatchObject({ code: 0, stderr: '' });
    const user = await userOf('ada');
    expect(user?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await nodeRsPasswordHasher.verify(String(user?.passwordHash), decomposed.normalize('NFC'))).toBe(true);
    const shown = [added, await keyturn('users', 'show', 'ada'), await keyturn('users', 'export', 'ada')];
    for (const { stdout } of shown) expect(stdout).not.toMatch(/argon2|caf/);
  });

  test('on a terminal it is asked for twice; empty is none, and two that differ are refused', async () => {
    expect(await typing([password, password], 'users', 'add', 'ada')).toMatchObject({ code: 0 });
    expect(await nodeRsPasswordHasher.verify(String((await userOf('ada'))?.passwordHash), password)).toBe(true);
    expect(await typing([password, 'another'], 'users', 'add', 'bob')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The two passwords differ'),
    });
    expect(await userOf('bob')).toBeUndefined();
    expect(await typing([''], 'users', 'add', 'bob')).toMatchObject({ code: 0 });
    expect((await userOf('bob'))?.passwordHash).toBeNull();
  });

  test.each([
    ['too short', 'fourteen chars', 'shorter than 15 characters'],
    ['too long', 'lorem ipsum '.repeat(400), 'longer than 4096 bytes'],
    ['common', 'passwordpassword', 'attackers try first'],
    ['repetitive', 'abcabcabcabcabcabc', 'one pattern'],
    ['the name', 'margarethamilton', "too much like the user's name"],
    ['two lines', `${password}\n${password}`, 'must be one line'],
    ['empty', '\n', 'must be one line'],
    ['UTF-16', Buffer.from(password, 'utf16le').toString('utf8'), 'not UTF-8'],
    ['not UTF-8', Buffer.from([0xe4, 0xe4]).toString('utf8').repeat(10), 'not UTF-8'],
  ])('T105: a password that is %s is refused with the reason, and nobody is added', async (_, typed, reason) => {
    const outcome = await piping(typed, 'users', 'add', 'margarethamilton', '--password-stdin');
    expect(outcome).toMatchObject(refused(reason));
    if (typed.trim() !== '') expect(outcome.stderr).not.toContain(typed.trim().slice(0, 40));
    expect(await userOf('margarethamilton')).toBeUndefined();
    expect(await auditTypes()).toEqual([]);
  });

  test('a hash brought along is kept as it is', async () => {
    const brought = await hashBcrypt(password, 4);
    await piping(`${brought}\n`, 'users', 'add', 'ada', '--password-hash-stdin');
    expect((await userOf('ada'))?.passwordHash).toBe(brought);
  });

  test.each([
    ['a password by mistake', password],
    ['4 GiB of memory', '$argon2id$v=19$m=4194304,t=1,p=1$AQEBAQEBAQEBAQEBAQEBAQ$AgICAgICAgICAgICAgICAg'],
    ['MD5', '5f4dcc3b5aa765d61d8327deb882cf99'],
  ])('T107: %s is refused as a hash, and not repeated', async (_, typed) => {
    const outcome = await piping(typed, 'users', 'add', 'ada', '--password-hash-stdin');
    expect(outcome).toMatchObject(refused('no password hash that can be verified here'));
    expect(outcome.stderr).not.toContain(typed);
  });

  test('a password is no argument, and not both a password and a hash', async () => {
    expect(await keyturn('users', 'add', 'ada', '--password', password)).toMatchObject({ code: 2 });
    const both = ['--password-stdin', '--password-hash-stdin'];
    expect(await piping(password, 'users', 'add', 'ada', ...both)).toMatchObject(refused('give --password-stdin or'));
  });

  test.each([
    ['a Cyrillic а', ['аdmin'], String.raw`"\u0430dmin" cannot be a username`],
    ['an e-mail address as a username', ['ada@example.org'], 'goes into --email'],
    ['no e-mail address', ['ada', '--email', 'ada'], 'is no e-mail address'],
    ['an empty e-mail address', ['ada', '--email', ''], 'is no e-mail address'],
    ['verified without an address', ['ada', '--email-verified'], 'goes with --email'],
    ['an unknown claim', ['ada', '--claim', 'shoe_size=39'], 'no claim "shoe_size"'],
    ['a claim that is a column', ['ada', '--claim', 'email=x@example.org'], 'no claim "email"'],
    ['a claim of the prototype', ['ada', '--claim', '__proto__=x'], 'no claim "__proto__"'],
    ['sub as a claim', ['ada', '--claim', 'sub=root'], 'no claim "sub"'],
    ['an address that is text', ['ada', '--claim', 'address=here'], 'expected a JSON object'],
    ['a truth that is none', ['ada', '--claim', 'phone_number_verified=yes'], 'expected true or false'],
    [
      'a website that is a script',
      ['ada', '--claim', 'website=javascript:alert(1)'],
      'expected an http or https address',
    ],
    ['a birthdate that is none', ['ada', '--claim', 'birthdate=10/12/1815'], 'expected YYYY-MM-DD'],
    ['a birthdate on no day', ['ada', '--claim', 'birthdate=1815-02-29'], 'expected YYYY-MM-DD'],
    ['an address whose member is no text', ['ada', '--claim', 'address={"country":44}'], 'expected a JSON object'],
    ['a name with an escape sequence', ['ada', '--name', 'Ada\u001b[2J'], 'expected one line'],
    ['a name that turns the direction of writing', ['ada', '--name', 'Ada\u202e'], 'expected one line'],
    ['a role with a space', ['ada', '--role', 'a b'], 'cannot be a role'],
  ])('T104: %s is refused and nobody is added', async (_, args, message) => {
    expect(await keyturn('users', 'add', ...args)).toMatchObject(refused(message));
    expect(await document('users', 'list')).toEqual({ users: [], next: null });
  });

  test('T104: a name or address that is taken, in any spelling, is refused', async () => {
    await keyturn('users', 'add', 'ada', '--email', 'ada@example.org');
    expect(await keyturn('users', 'add', 'ＡＤＡ')).toMatchObject(refused('The username ada is taken'));
    expect(await keyturn('users', 'add', 'bob', '--email', 'ADA@example.org')).toMatchObject(
      refused('The e-mail address ada@example.org is another user'),
    );
    expect((await document('users', 'list')).users).toHaveLength(1);
  });
});

describe('keyturn users update', () => {
  test('what is named changes, what is not stays', async () => {
    const said = ['--email', 'ada@example.org', '--email-verified', '--name', 'Ada', '--role', 'admin'];
    const before = await document('users', 'add', 'ada', ...said);
    const named = await document('users', 'update', 'ada', '--claim', 'nickname=Countess', '--claim', 'name=');
    expect(named).toEqual({ ...before, claims: { nickname: 'Countess' }, updated_at: expect.any(Number) });
    const moved = await document('users', 'update', before.sub, '--email', 'ada@example.com', '--role', 'reader');
    expect(moved).toMatchObject({ email: 'ada@example.com', email_verified: false, roles: ['reader'] });
    const verified = await document('users', 'update', 'ada', '--email-verified');
    expect(verified).toMatchObject({ email: 'ada@example.com', email_verified: true });
    const bare = await document('users', 'update', 'ada', '--no-email', '--no-role');
    expect(bare).toMatchObject({ email: null, email_verified: false, roles: [] });
    expect((await auditTypes()).filter((type) => type === 'user.updated')).toHaveLength(4);
  });

  test.each([
    ['nothing named', ['bob'], 'Nothing to change was named'],
    ["another's address", ['bob', '--email', 'ada@example.org'], "is another user's"],
    ['verified without an address', ['bob', '--email-verified'], 'needs an e-mail address'],
    ['nobody', ['eve', '--no-role'], 'There is no user'],
  ])('%s is refused and nothing changes', async (_, args, message) => {
    await keyturn('users', 'add', 'ada', '--email', 'ada@example.org');
    const before = await document('users', 'add', 'bob');
    expect(await keyturn('users', 'update', ...args)).toMatchObject(refused(message));
    expect(await document('users', 'show', 'bob')).toEqual(before);
  });
});

describe('keyturn users set-password, lock, unlock', () => {
  test('T085: a new password ends sessions and tokens', async () => {
    const { sub } = await document('users', 'add', 'ada');
    await addTraces(sub);
    expect(await piping(password, 'users', 'set-password', 'ada', '--password-stdin')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('ada has a new password'),
    });
    expect(await nodeRsPasswordHasher.verify(String((await userOf('ada'))?.passwordHash), password)).toBe(true);
    expect([await liveSessions(sub), await familyEnd()]).toEqual([0, 'password_changed']);
    expect(await auditTypes()).toContain('password.changed');
  });

  test('T105: no password, or one that may not be, changes nothing', async () => {
    await piping(password, 'users', 'add', 'ada', '--password-stdin');
    const before = await userOf('ada');
    expect(await keyturn('users', 'set-password', 'ada')).toMatchObject(refused('No password was given'));
    expect(await typing([''], 'users', 'set-password', 'ada')).toMatchObject({ code: 1 });
    expect(await piping('short', 'users', 'set-password', 'ada', '--password-stdin')).toMatchObject({ code: 1 });
    expect(await userOf('ada')).toEqual(before);
    expect(await keyturn('users', 'set-password', 'eve')).toMatchObject(refused('There is no user'));
  });

  test('T085 T096: locked, everything ends; again says since when; unlocked, nothing comes back', async () => {
    const { sub } = await document('users', 'add', 'ada');
    await addTraces(sub);
    expect((await keyturn('users', 'lock', 'ada')).stdout).toContain('npx keyturn users unlock ada');
    expect([await liveSessions(sub), await familyEnd()]).toEqual([0, 'user_locked']);
    expect((await keyturn('users', 'list')).stdout).toMatch(/ada .* locked +/);
    expect((await keyturn('users', 'lock', 'ada')).stdout).toContain('was locked already');
    expect(await document('users', 'unlock', 'ada')).toMatchObject({ locked_at: null });
    expect((await keyturn('users', 'unlock', 'ada')).stdout).toContain('was not locked');
    expect([await liveSessions(sub), await familyEnd()]).toEqual([0, 'user_locked']);
    expect(await auditTypes()).toEqual([
      'user.added',
      'family.started',
      'family.ended',
      'user.locked',
      'user.unlocked',
    ]);
  });

  test('nobody is neither shown, locked, unlocked, exported nor removed', async () => {
    for (const command of ['show', 'lock', 'unlock', 'export', 'remove'])
      expect(await keyturn('users', command, 'eve')).toMatchObject(refused('There is no user'));
  });
});

test('what is no user to import is told what was expected, of users', async () => {
  for (const input of ['', '[]', '{"client_name":"Billing"}'])
    expect(await piping(input, 'users', 'import', '-')).toMatchObject(refused('as "keyturn users export" prints'));
});

describe('the claims of a user to import, OpenID Connect Core 1.0 §5.1, §5.3.2', () => {
  const exportedWith = async (claims: object): Promise<string> => {
    await document('users', 'add', 'ada');
    const { user } = JSON.parse((await keyturn('users', 'export', 'ada')).stdout);
    await keyturn('users', 'remove', 'ada');
    return JSON.stringify({ user: { ...user, claims } });
  };

  test.each([
    [{ name: 5 }, 'The claim name cannot be 5; expected one line'],
    [{ nickname: null }, 'The claim nickname cannot be null'],
    [{ website: '' }, 'The claim website cannot be ""'],
    [{ picture: 'data:text/html,x' }, 'expected an http or https address'],
    [{ given_name: 'Ada\u001b[2J' }, 'The claim given_name cannot be'],
    [{ birthdate: '1815-13-10' }, 'expected YYYY-MM-DD'],
    [{ phone_number_verified: 'true' }, 'expected true or false'],
    [{ address: { formatted: 'Here\u001b[2J' } }, 'expected a JSON object'],
    [{ address: {} }, 'expected a JSON object'],
  ])('%j is refused, and nobody is added', async (claims, message) => {
    const exported = await exportedWith(claims);
    expect(await piping(exported, 'users', 'import', '-')).toMatchObject(refused(message));
    expect(await document('users', 'list')).toEqual({ users: [], next: null });
  });

  test('all that is wrong is told at once, with what to do; left out on demand, the user comes with the others', async () => {
    const exported = await exportedWith({ name: 'Ada\u200f', website: 'ada.example', zoneinfo: 'Europe/London' });
    const { code, stderr } = await piping(exported, 'users', 'import', '-');
    expect(code).toBe(1);
    for (const message of ['name cannot be "Ada\\u200f"', 'website cannot be "ada.example"', '--skip-claims'])
      expect(stderr).toContain(message);
    expect(stderr).toContain('npx keyturn users update ada --claim');
    const skipped = await piping(exported, 'users', 'import', '-', '--skip-claims', '--json');
    expect(JSON.parse(skipped.stdout)).toMatchObject({ username: 'ada', claims: { zoneinfo: 'Europe/London' } });
    for (const name of ['The claim name cannot', 'The claim website cannot']) expect(skipped.stderr).toContain(name);
    expect((await document('users', 'show', 'ada')).claims).toEqual({ zoneinfo: 'Europe/London' });
  });

  test.each(['zodiac', 'address'])('%s nested without end is refused in words', async (name) => {
    const exported = (await exportedWith({ [name]: '@' })).replace('"@"', `${'['.repeat(20_000)}${']'.repeat(20_000)}`);
    expect(await piping(exported, 'users', 'import', '-')).toMatchObject(refused('is nested more than 64 deep'));
  });

  test('what users add takes comes along, and what this version does not know', async () => {
    const address = { formatted: '12 St James\u2019s Square\r\nLondon', country: 'GB' };
    const claims = { birthdate: '0000-12-10', phone_number_verified: false, address, zodiac: 3 };
    await piping(await exportedWith(claims), 'users', 'import', '-');
    expect(await document('users', 'show', 'ada')).toMatchObject({ claims });
  });
});

test('users are listed so many at a time, each list telling where the next begins', async () => {
  for (const name of ['mia', 'ada', 'zoe']) await document('users', 'add', name);
  const first = await document('users', 'list', '--limit', '2');
  expect(first.users.map(({ username }: { username: string }) => username)).toEqual(['ada', 'mia']);
  expect(first.next).toBe('mia');
  expect((await keyturn('users', 'list', '--limit', '2')).stdout).toContain('npx keyturn users list --after mia');
  const rest = await document('users', 'list', '--after', first.next);
  expect(rest.users.map(({ username }: { username: string }) => username)).toEqual(['zoe']);
  expect(rest.next).toBeNull();
  expect((await keyturn('users', 'list', '--after', 'zoe')).stdout).toBe('There is no user behind zoe.\n');
  expect(await keyturn('users', 'list', '--limit', '0')).toMatchObject({ code: 2 });
});

test('T107: doctor tells of a stored hash that lets nobody in, by name and without the hash', async () => {
  const passwordHash = '$argon2id$v=19$m=4194304,t=1,p=1$AQEBAQEBAQEBAQEBAQEBAQ$AgICAgICAgICAgICAgICAg';
  await withStore((store) => store.addUser(makeUser('s-1', { username: 'ada', passwordHash })));
  const { code, stdout } = await keyturn('doctor', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout).findings).toContainEqual({
    level: 'wrong',
    about: 'users',
    message: expect.stringContaining('npx keyturn users set-password ada'),
  });
  expect(stdout).not.toContain(passwordHash);
  await piping(password, 'users', 'set-password', 'ada', '--password-stdin');
  expect((await keyturn('doctor')).stdout).toContain('Every password hash (users: 1) can be verified.');
});

test('doctor names ten of those whose hash lets nobody in, and counts the others', async () => {
  await withStore(async (store) => {
    for (let turn = 10; turn < 23; turn += 1)
      await store.addUser(makeUser(`s-${turn}`, { username: `user${turn}`, passwordHash: 'none of ours' }));
  });
  const { stdout } = await keyturn('doctor', '--json');
  const messages = JSON.parse(stdout).findings.flatMap(({ about, message }: Record<string, string>) =>
    about === 'users' ? [message] : [],
  );
  expect(messages).toHaveLength(11);
  expect(messages[9]).toContain('user19');
  expect(messages[10]).toContain('3 more');
});

describe('personal data', () => {
  test('export prints all of it as JSON, without a hash, and is recorded', async () => {
    const { sub } = await document('users', 'add', 'ada', '--email', 'ada@example.org');
    await piping(password, 'users', 'set-password', 'ada', '--password-stdin');
    await addTraces(sub);
    const { code, stdout } = await keyturn('users', 'export', 'ada@example.org');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      user: { sub, username: 'ada', email: 'ada@example.org', has_password: true },
      sessions: [{ sub, user_agent: 'Mozilla/5.0', ended_at: null }],
      consents: [{ client_id: 'app', scope: ['openid'] }],
      token_families: [{ family_id: 'family', client_id: 'app' }],
      audit_events: [{ type: 'user.added' }, { type: 'password.changed' }, { type: 'family.started' }],
    });
    expect(stdout).not.toMatch(/hash|argon2/i);
    expect(await auditTypes()).toContain('user.exported');
  });

  test('T085: remove says what went, and what is left names nobody', async () => {
    const { sub } = await document('users', 'add', 'ada', '--email', 'ada@example.org', '--name', 'Ada Lovelace');
    await addTraces(sub);
    const { code, stdout } = await keyturn('users', 'remove', 'ada');
    expect(code).toBe(0);
    expect(stdout).toContain('1 session, 1 consent and the tokens of 1 sign-in');
    expect(await document('users', 'list')).toEqual({ users: [], next: null });
    expect(await withStore((store) => store.readPersonalData(sub))).toBeUndefined();
    const left = await document('audit', 'list', '--subject', sub);
    expect(left.events.map(({ type }: { type: string }) => type)).toEqual([
      'user.removed',
      'family.ended',
      'family.started',
      'user.added',
    ]);
    expect(JSON.stringify(left)).not.toMatch(/lovelace|example\.org|"ada"/i);
    expect(await document('users', 'add', 'ada')).not.toMatchObject({ sub });
  });
});
