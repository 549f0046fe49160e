import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { isClientSecret } from '../../src/client_authentication/client_secret.ts';
import { databasePathIn } from '../running_server.ts';
import { createEmptyTemplate, loopbackIn, runCommand } from './in_process.ts';
import { stoppedIssuer } from './stopped_issuer.ts';

const api = 'https://api.example.com';

const template = await createEmptyTemplate();

const { issuer, keyturn, piping, document, withStore } = stoppedIssuer(template);
const now = () => Math.floor(Date.now() / 1000);
const addApi = () => keyturn('resources', 'add', api, '--scope', 'read write');
const clientOf = (id: string) => withStore((store) => store.findClient(id));

describe('keyturn resources', () => {
  test('add, list, remove', async () => {
    const added = await document('resources', 'add', api, '--scope', 'read write', '--access-token-seconds', '300');
    expect(added).toEqual({
      resource: api,
      scope: 'read write',
      access_token_seconds: 300,
      access_token_signing_alg: 'ES256',
      claims: {},
      created_at: expect.any(Number),
    });
    expect(await document('resources', 'list')).toEqual({ resources: [added] });
    expect((await keyturn('resources', 'list')).stdout).toMatch(
      /https:\/\/api\.example\.com +read write +300 s +ES256/,
    );
    const { code, stdout } = await keyturn('resources', 'remove', api);
    expect(code).toBe(0);
    expect(stdout).toContain('stay valid until they expire, at most 300 s (5 min) from now');
    expect(await document('resources', 'list')).toEqual({ resources: [] });
    expect((await keyturn('resources', 'list')).stdout).toContain('npx keyturn resources add');
  });

  test('--claim takes JSON or text and wins over --claims', async () => {
    const claims = ['--claims', '{"tenant":"a","x":{"y":[1]}}', '--claim', 'tenant=acme', '--claim', 'level=3'];
    const added = await document('resources', 'add', api, ...claims, '--claim', 'id="3"');
    expect(added.claims).toEqual({ tenant: 'acme', x: { y: [1] }, level: 3, id: '3' });
  });

  test('T013: a claim named __proto__ is refused in either way', async () => {
    for (const claim of [
      ['--claim', '__proto__=1'],
      ['--claims', '{"__proto__":{"x":1}}'],
    ])
      expect(await keyturn('resources', 'add', api, ...claim)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('invalid_resource_metadata: claims: __proto__'),
      });
  });

  test.each([
    ['a reserved claim', ['--claim', 'sub=me'], 1, 'sub: only Keyturn sets'],
    ['a lifetime longer than allowed', ['--access-token-seconds', '7200'], 1, '7200 s is longer'],
    ['a lifetime that is no number', ['--access-token-seconds', '5m'], 2, 'Expected a whole number from 1 to'],
    ['an unknown alg', ['--access-token-signing-alg', 'none'], 2, 'Allowed choices are ES256, RS256'],
    ['claims that are no object', ['--claims', '[1]'], 2, 'Expected a JSON object'],
    ['a claim without a value', ['--claim', 'tenant'], 2, 'Expected NAME=VALUE'],
  ])('%s is refused, and nothing is added', async (_name, args, code, message) => {
    expect(await keyturn('resources', 'add', api, ...args)).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
    expect(await document('resources', 'list')).toEqual({ resources: [] });
  });

  test('one that is there already is not replaced', async () => {
    await addApi();
    expect(await keyturn('resources', 'add', api, '--scope', 'other')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is there already; nothing was changed'),
    });
    expect(await document('resources', 'list')).toMatchObject({ resources: [{ scope: 'read write' }] });
  });

  test('one that clients name is removed by --force alone', async () => {
    await addApi();
    await keyturn('clients', 'add', '--client-id', 'billing');
    const refused = await keyturn('resources', 'remove', api);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('named by 1 client, ') });
    expect(refused.stderr).toContain('billing');
    const forced = await keyturn('resources', 'remove', api, '--force', '--json');
    expect(JSON.parse(forced.stdout)).toEqual({
      resource: api,
      removed: true,
      tokens_valid_seconds: 600,
      clients: ['billing'],
    });
    expect(forced.stderr).toContain('invalid_target');
    expect(await keyturn('resources', 'remove', api)).toMatchObject({ code: 1 });
  });
});

describe('keyturn clients add', () => {
  test('shows the secret once, with the members of RFC 7591 §3.2.1, and keeps its hash', async () => {
    await addApi();
    const added = await document('clients', 'add', '--client-id', 'billing', '--client-name', 'Billing');
    expect(added).toEqual({
      client_id: 'billing',
      client_id_issued_at: expect.any(Number),
      client_name: 'Billing',
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      scope: 'read write',
      resources: [api],
      client_secret: expect.stringMatching(/^[\w-]{43}$/),
      client_secret_expires_at: 0,
    });
    expect(isClientSecret(added.client_secret, await clientOf('billing'), now())).toBe(true);
    const { client_secret: _secret, client_secret_expires_at: _expires, ...kept } = added;
    const shown = { ...kept, previous_client_secret_expires_at: null };
    expect(await document('clients', 'show', 'billing')).toEqual(shown);
    expect(await document('clients', 'list')).toEqual({ clients: [shown] });
  });

  test('metadata comes from a file or from standard input, and options win', async () => {
    await addApi();
    const file = join(issuer.folder, 'metadata.json');
    writeFileSync(file, JSON.stringify({ client_id: 'from-file', client_name: 'File', scope: 'read' }));
    const fromFile = await document('clients', 'add', '--from', file, '--client-name', 'Option');
    expect(fromFile).toMatchObject({ client_id: 'from-file', client_name: 'Option', scope: 'read' });
    // As an editor of Windows saves it, with a byte order mark.
    const moved = '\uFEFF{"client_id":"moved","client_secret":"brought along from elsewhere"}';
    const fromInput = await piping(moved, 'clients', 'add', '--from', '-', '--json');
    expect(JSON.parse(fromInput.stdout)).toMatchObject({
      client_id: 'moved',
      client_secret: 'brought along from elsewhere',
    });
  });

  test('T013: unknown members are reported on standard error, ignored and harmless', async () => {
    await addApi();
    const metadata = '{"client_id":"x","__proto__":{"scope":"admin"},"jwks":{},"constructor":1}';
    const { code, stdout, stderr } = await piping(metadata, 'clients', 'add', '--from', '-', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).scope).toBe('read write');
    expect(stderr).toContain('"__proto__", "jwks", "constructor"');
  });

  test('a public client of the authorization code grant, with warnings apart from the answer', async () => {
    await addApi();
    const { code, stdout, stderr } = await keyturn(
      ...['clients', 'add', '--token-endpoint-auth-method', 'none', '--grant-type', 'authorization_code'],
      ...['refresh_token', '--redirect-uri', 'http://127.0.0.1/cb', '--first-party', '--json'],
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ grant_types: ['authorization_code', 'refresh_token'] });
    expect(stdout).not.toContain('client_secret"');
    expect(stderr).toContain('a public client can be imitated');
  });

  test('T050: a redirection URI that a browser would run is invalid_redirect_uri', async () => {
    await addApi();
    expect(await keyturn('clients', 'add', '--redirect-uri', 'JavaScript:alert(1)')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('keyturn: invalid_redirect_uri: redirect_uris: "JavaScript:alert(1)"'),
    });
  });

  test('a client_id that is taken is refused and nothing changes', async () => {
    await addApi();
    await keyturn('clients', 'add', '--client-id', 'auth0|1', '--scope', 'read');
    const before = await clientOf('auth0|1');
    expect(await keyturn('clients', 'add', '--client-id', 'auth0|1')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/auth0\|1 is taken; nothing was changed.*npx keyturn clients remove 'auth0\|1'\n/),
    });
    expect(await clientOf('auth0|1')).toEqual(before);
  });

  test('without any resource it says how to add one', async () => {
    expect(await keyturn('clients', 'add')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('npx keyturn resources add'),
    });
  });

  test.each([
    ['{"client_secret":"hush', 'Standard input is not JSON'],
    ['[1]', 'Standard input is JSON but no object'],
    ['', 'Standard input is not JSON'],
    [Buffer.from('\ufeff{}', 'utf16le').toString('utf8'), 'Standard input is in another encoding than UTF-8'],
  ])('%j piped in is refused without quoting it', async (input, message) => {
    const { code, stderr } = await piping(input, 'clients', 'add', '--from', '-');
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('hush');
  });

  test('a file that is not there is named', async () => {
    expect(await keyturn('clients', 'add', '--from', '/nowhere.json')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('/nowhere.json could not be read (ENOENT)'),
    });
  });
});

describe('keyturn clients show, rotate-secret and remove', () => {
  test('the old secret stops at once, or after the overlap', async () => {
    await addApi();
    const { client_secret: first } = await document('clients', 'add', '--client-id', 'billing');
    const { client_secret: second } = await document('clients', 'rotate-secret', 'billing');
    const afterFirst = await clientOf('billing');
    expect([first, second].map((secret) => isClientSecret(secret, afterFirst, now()))).toEqual([false, true]);
    const overlapping = await document('clients', 'rotate-secret', 'billing', '--overlap-seconds', '3600');
    const { client_secret: third, previous_client_secret_expires_at: until } = overlapping;
    const afterSecond = await clientOf('billing');
    expect([second, third].map((secret) => isClientSecret(secret, afterSecond, until - 1))).toEqual([true, true]);
    expect([second, third].map((secret) => isClientSecret(secret, afterSecond, until))).toEqual([false, true]);
    expect((await keyturn('clients', 'show', 'billing')).stdout).toContain('The previous one works until');
  });

  test('what cannot be recorded is not done, and no secret is shown', async () => {
    await addApi();
    await keyturn('clients', 'add', '--client-id', 'billing');
    const before = await clientOf('billing');
    const database = new Database(databasePathIn(issuer.folder));
    database.exec("CREATE TRIGGER full BEFORE INSERT ON audit_event BEGIN SELECT RAISE(ABORT, 'full'); END");
    database.close();
    for (const command of [
      ['add', '--client-id', 'shop'],
      ['rotate-secret', 'billing'],
    ]) {
      const { code, stdout } = await keyturn('clients', ...command);
      expect(code).not.toBe(0);
      expect(stdout).not.toContain('client_secret');
    }
    expect(await clientOf('billing')).toEqual(before);
    expect((await keyturn('clients', 'list')).stdout).not.toContain('shop');
  });

  test('T045: no client is called as a user is, and no user as a client is', async () => {
    await addApi();
    const { sub } = await document('users', 'add', 'ada');
    const taken = { code: 1, stderr: expect.stringMatching(/is the sub of a user.*nothing was changed/) };
    expect(await keyturn('clients', 'add', '--client-id', sub)).toMatchObject(taken);
    const { client_id: clientId } = await document('clients', 'add');
    const exported = await document('clients', 'export', clientId);
    const asUser = JSON.stringify({ ...exported, client_id: sub });
    expect(await piping(asUser, 'clients', 'import', '-')).toMatchObject(taken);
    expect(await clientOf(sub)).toBeUndefined();
    const { user } = await document('users', 'export', 'ada');
    await keyturn('users', 'remove', 'ada');
    const asClient = JSON.stringify({ user: { ...user, sub: clientId } });
    expect(await piping(asClient, 'users', 'import', '-')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is the client_id of a client'),
    });
    expect(await document('users', 'list')).toMatchObject({ users: [] });
  });

  test('a public client has no secret to rotate', async () => {
    await addApi();
    await keyturn(
      ...['clients', 'add', '--client-id', 'app', '--token-endpoint-auth-method', 'none'],
      ...['--grant-type', 'authorization_code', '--redirect-uri', 'com.example.app:/cb'],
    );
    expect(await keyturn('clients', 'rotate-secret', 'app')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is a public client'),
    });
    expect((await keyturn('clients', 'show', 'app')).stdout).toContain('it has no secret');
  });

  test('a removed client is gone, and it says how long its tokens live on', async () => {
    await addApi();
    await keyturn('clients', 'add', '--client-id', 'billing');
    const removed = await keyturn('clients', 'remove', 'billing');
    expect(removed).toMatchObject({ code: 0, stdout: expect.stringContaining('at most 600 s (10 min) from now') });
    expect(await clientOf('billing')).toBeUndefined();
    expect((await keyturn('clients', 'list')).stdout).toContain('no clients yet');
  });

  test.each(['show', 'rotate-secret', 'remove'])('clients %s of one there is none of is an error', async (command) => {
    expect(await keyturn('clients', command, 'nobody\u001b[2J')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('client_id nobody\\u001b[2J'),
    });
  });

  test('T124: names with SQL in them are names', async () => {
    await addApi();
    const id = "x'; DROP TABLE client; --";
    await keyturn('clients', 'add', '--client-id', id);
    expect(await document('clients', 'show', id)).toMatchObject({ client_id: id });
    expect(await document('clients', 'list')).toMatchObject({ clients: [{ client_id: id }] });
  });

  test('what adds makes the database where there is none', async () => {
    const fresh = join(issuer.folder, 'fresh');
    const added = await runCommand(['resources', 'add', api], { environment: loopbackIn(fresh) });
    expect(added).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(databasePathIn(fresh))).toBe(true);
  });

  test.each([
    ...['clients list', 'clients show a', 'clients export a', 'clients rotate-secret a', 'clients remove a'],
    ...['resources list', 'resources remove https://a.example', 'users list', 'users show a', 'users export a'],
    ...['users update a --role b', 'users set-password a', 'users lock a', 'users unlock a', 'users remove a'],
  ])('%s says that there is no database, and makes none', async (command) => {
    const mistyped = join(issuer.folder, 'mistyped');
    const outcome = await runCommand(command.split(' '), { environment: loopbackIn(mistyped) });
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toContain(`There is no database at ${databasePathIn(mistyped)} yet.`);
    expect(existsSync(mistyped)).toBe(false);
  });
});

describe('clients that end-users sign in to', () => {
  test('each flag is the member of its name', async () => {
    await addApi();
    const added = await document(
      ...['clients', 'add', '--client-id', 'shop', '--grant-type', 'authorization_code', 'refresh_token'],
      ...['--redirect-uri', 'https://shop.example/cb', '--application-type', 'native', '--serves', api],
      ...['--post-logout-redirect-uri', 'https://shop.example/bye', '--id-token-claim', 'roles', 'email'],
      ...['--backchannel-logout-uri', 'http://127.0.0.1:4200/out', '--backchannel-logout-session-required'],
      ...['--id-token-signed-response-alg', 'ES256', '--userinfo-signed-response-alg', 'ES256', '--first-party'],
    );
    const shown = await document('clients', 'show', 'shop');
    for (const told of [added, shown])
      expect(told).toMatchObject({
        application_type: 'native',
        scope: 'openid profile email offline_access',
        resources: [],
        serves: [api],
        post_logout_redirect_uris: ['https://shop.example/bye'],
        backchannel_logout_uri: 'http://127.0.0.1:4200/out',
        backchannel_logout_session_required: true,
        id_token_signed_response_alg: 'ES256',
        userinfo_signed_response_alg: 'ES256',
        id_token_claims: ['roles', 'email'],
        first_party: true,
      });
    expect((await keyturn('clients', 'show', 'shop')).stdout).toMatch(/id_token_claims +roles email\n/);
  });

  test('going without PKCE is loud when it is registered, and in doctor ever after', async () => {
    const add = ['clients', 'add', '--client-id', 'old', '--grant-type', 'authorization_code'];
    const redirect = ['--redirect-uri', 'https://old.example/cb', '--dangerously-allow-no-pkce'];
    expect((await keyturn(...add, ...redirect)).stderr).toContain('DANGER: this client may go without PKCE');
    const { findings } = await document('doctor');
    expect(findings).toContainEqual({
      level: 'advice',
      about: 'clients',
      message: expect.stringContaining('old may go without PKCE'),
    });
    const publicly = [...add.with(3, 'new'), ...redirect, '--token-endpoint-auth-method', 'none'];
    expect(await keyturn(...publicly)).toMatchObject({ code: 1, stderr: expect.stringContaining('a public client') });
  });

  test('removed, its tokens for userinfo go on for as long as any', async () => {
    const add = ['clients', 'add', '--client-id', 'shop', '--grant-type', 'authorization_code'];
    await keyturn(...add, '--redirect-uri', 'https://shop.example/cb');
    expect(await document('clients', 'remove', 'shop')).toMatchObject({ tokens_valid_seconds: 600 });
  });

  test("a resource says which of its end-users' claims its tokens carry", async () => {
    const added = await document(
      'resources',
      'add',
      api,
      '--access-token-claim',
      'roles',
      '--access-token-claim',
      'email',
    );
    expect(added).toMatchObject({ access_token_claims: ['roles', 'email'] });
    expect(await keyturn('resources', 'add', `${api}/2`, '--access-token-claim', 'sub')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('access_token_claims: "sub"'),
    });
  });
});
