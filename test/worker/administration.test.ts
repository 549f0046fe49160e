import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { nodeRsPasswordHasher } from '../../src/adapters/node_rs_password_hasher.ts';
import { administrationProtocol } from '../../src/seams/administered_store.ts';
import { runCommand } from '../cli/in_process.ts';
import { createEndUser } from '../relying_parties/end_user.ts';
import {
  environmentFor,
  makeFolder,
  processTestMilliseconds,
  type RunningServer,
  startServer,
} from '../running_server.ts';
import { makeToken, type RunningWorker, startWorker } from './running_worker.ts';

vi.setConfig({ testTimeout: processTestMilliseconds, hookTimeout: processTestMilliseconds });

const password = 'a lovely bunch of pässwörter';
const redirectUri = 'https://app.example/callback';

let worker: RunningWorker;
let node: RunningServer;
const folder = makeFolder();

beforeAll(async () => {
  [worker, node] = await Promise.all([
    startWorker({ workerFolder: inject('workerFolder') }),
    startServer(folder, { KEYTURN_LOG_LEVEL: 'info' }),
  ]);
});
afterAll(async () => {
  await Promise.all([worker?.close(), node?.stop()]);
});

const there = async (args: readonly string[], input = '', environment = {}) =>
  runCommand(['--remote', worker.issuer, ...args], {
    environment: { KEYTURN_ADMIN_TOKEN: worker.token, ...environment },
    input,
  });
const here = async (args: readonly string[], input = '') =>
  runCommand(args, { environment: environmentFor(folder, { KEYTURN_ISSUER: node.issuer }), input });

/** The exit code, and what was said where it is not 0. */
const done = async (running: ReturnType<typeof there>): Promise<string> => {
  const { code, stdout, stderr } = await running;
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  return stdout;
};

/** A sign-in with the code flow. @returns the claims of the ID token, and how the client's secret was taken. */
const signIn = async (issuer: string, username: string, clientSecret: string) => {
  const url = new URL(`${issuer}/authorize`);
  url.search = new URLSearchParams({
    ...{ client_id: 'app', redirect_uri: redirectUri, response_type: 'code', scope: 'openid', state: 's' },
  }).toString();
  const journey = await createEndUser(issuer, { username, password }).open(url);
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`app:${clientSecret}`).toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: journey.url.searchParams.get('code') ?? '',
      redirect_uri: redirectUri,
    }),
  });
  expect(response.status).toBe(200);
  const { id_token: idToken } = (await response.json()) as { id_token: string };
  return JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString()) as { sub: string };
};

const hashOf = (exported: string): string => JSON.parse(exported).user.password_hash;

describe('people and clients move between Node and Workers, and back', () => {
  test('with the sub, the password and the secret they have', async () => {
    await done(here(['users', 'add', 'ada', '--email', 'ada@example.org', '--password-stdin'], `${password}\n`));
    const metadata = {
      ...{ client_id: 'app', grant_types: ['authorization_code'], redirect_uris: [redirectUri] },
      dangerously_allow_no_pkce: true,
    };
    const added = await done(here(['clients', 'add', '--json', '--from', '-'], JSON.stringify(metadata)));
    const { client_secret: secret } = JSON.parse(added);
    const { sub } = await signIn(node.issuer, 'ada', secret);

    const user = await done(here(['users', 'export', 'ada', '--with-password-hash']));
    await done(there(['users', 'import', '-'], user));
    await done(there(['clients', 'import', '-'], await done(here(['clients', 'export', 'app']))));
    expect((await signIn(worker.issuer, 'ada', secret)).sub).toBe(sub);

    const back = await done(there(['users', 'export', 'ada', '--with-password-hash']));
    expect(hashOf(back)).toBe(hashOf(user));
    await done(here(['users', 'remove', 'ada']));
    await done(here(['users', 'import', '-'], back));
    await done(here(['clients', 'remove', 'app']));
    await done(here(['clients', 'import', '-'], await done(there(['clients', 'export', 'app']))));
    expect((await signIn(node.issuer, 'ada', secret)).sub).toBe(sub);
  });

  test('and a weaker hash that was made anew on Workers is good on Node', async () => {
    const weak = '$argon2id$v=19$m=64,t=1,p=1$';
    const { argon2Sync, randomBytes } = await import('node:crypto');
    const nonce = randomBytes(16);
    const tag = argon2Sync('argon2id', {
      message: password,
      nonce,
      memory: 64,
      passes: 1,
      parallelism: 1,
      tagLength: 32,
    });
    const bare = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
    await done(there(['users', 'add', 'grace', '--password-hash-stdin'], `${weak}${bare(nonce)}$${bare(tag)}\n`));
    const { client_secret: secret } = JSON.parse(await done(there(['clients', 'rotate-secret', 'app', '--json'])));
    await signIn(worker.issuer, 'grace', secret);
    const made = hashOf(await done(there(['users', 'export', 'grace', '--with-password-hash'])));
    expect(made).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await nodeRsPasswordHasher.verify(made, password)).toBe(true);
  });
});

describe('the same commands, from afar', () => {
  test('see and turn the keys under the timings of the issuer, not of this machine', async () => {
    const local = { KEYTURN_ROTATION_PERIOD_SECONDS: '999999', KEYTURN_KEK_RING: worker.environment.KEYTURN_KEK_RING };
    const keys = JSON.parse(await done(there(['keys', 'list', '--json'], '', local)));
    expect(keys.issuer).toBe(worker.issuer);
    const [active, standby] = keys.keys.filter(({ alg }: { alg: string }) => alg === 'ES256');
    expect(standby.activates_at - active.activates_at).toBe(30 * 86_400);
    const refused = await there(['keys', 'rotate', '--alg', 'ES256'], '', local);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('lead is')]);

    await done(there(['keys', 'revoke', active.kid, '--reason', 'a drill'], '', local));
    const served = async () => (await fetch(`${worker.issuer}/.well-known/jwks.json`)).text();
    await vi.waitFor(async () => expect(await served()).not.toContain(active.kid), { timeout: 20_000, interval: 100 });
    expect(await done(there(['doctor'], '', local))).toContain('opens all');
  });

  test('what they did is in the audit log, with the verb that was called', async () => {
    const { events } = JSON.parse(await done(there(['audit', 'list', '--json', '--limit', '200'])));
    const verbs = events
      .filter(({ type }: { type: string }) => type === 'admin.called')
      .map(({ details }: { details: { verb: string } }) => details.verb);
    expect(verbs).toEqual(expect.arrayContaining(['addUser', 'addClient', 'revokeSigningKey', 'readPersonalData']));
  });

  test('need the token of the issuer, and the name of the issuer', async () => {
    const without = await runCommand(['--remote', worker.issuer, 'users', 'list'], { environment: {} });
    expect([without.code, without.stderr]).toEqual([1, expect.stringContaining('KEYTURN_ADMIN_TOKEN')]);
    const wrong = await there(['users', 'list'], '', { KEYTURN_ADMIN_TOKEN: makeToken() });
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('does not take the token')]);
    const closed = await runCommand(['--remote', node.issuer, 'users', 'list'], {
      environment: { KEYTURN_ADMIN_TOKEN: worker.token },
    });
    expect([closed.code, closed.stderr]).toEqual([1, expect.stringContaining('has no /admin/store')]);
    const plain = await runCommand(['--remote', 'http://id.example.com', 'users', 'list'], {
      environment: { KEYTURN_ADMIN_TOKEN: worker.token },
    });
    expect([plain.code, plain.stderr]).toEqual([1, expect.stringContaining('https')]);
  });
});

describe('/admin/store', () => {
  const post = (body: object, token = worker.token) =>
    fetch(`${worker.issuer}/admin/store`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}` },
      body: JSON.stringify({ protocol: administrationProtocol, ...body }),
    });

  test.each([
    'addSession',
    'redeemCode',
    'addAuthorizationCode',
    'rotateRefreshToken',
    'close',
    'constructor',
    '__proto__',
  ])('does not know the verb %s: nobody is signed in through it', async (verb) => {
    const response = await post({ verb, arguments: [] });
    expect([response.status, response.headers.get('Cache-Control')]).toEqual([400, 'no-store']);
  });

  test('reads no more than 64 KiB, and answers nobody in a cache', async () => {
    expect((await post({ verb: 'listUsers', arguments: ['x'.repeat(70_000)] })).status).toBe(413);
    const answer = await post({ verb: 'listClients', arguments: [] });
    expect([answer.status, answer.headers.get('Cache-Control')]).toEqual([200, 'no-store']);
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBeNull();
  });

  test('tells no secret of the issuer among its settings', async () => {
    const response = await fetch(`${worker.issuer}/admin/store`, {
      headers: { Authorization: `Bearer ${worker.token}` },
    });
    const text = await response.text();
    expect(JSON.parse(text).settings).toMatchObject({ KEYTURN_ISSUER: worker.issuer });
    expect(text).not.toContain(worker.token);
    expect(text).not.toMatch(/KEK|ADMIN_TOKEN/);
  });

  test('after ten wrong tokens of an address it says to wait', async () => {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 14; attempt += 1)
      statuses.push((await post({ verb: 'listUsers', arguments: [] }, makeToken())).status);
    expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
    expect(statuses.at(-1)).toBe(429);
    expect((await post({ verb: 'listClients', arguments: [] })).status).toBe(200);
  });
});
