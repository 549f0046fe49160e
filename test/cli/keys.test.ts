import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { generateKey } from '../../src/keys/generate.ts';
import { databasePathIn, ringPathIn } from '../running_server.ts';
import { createTemplate, startRingsAt } from './in_process.ts';
import { type ListedKey, stoppedIssuer } from './stopped_issuer.ts';

const hour = 3600;
/** The lead time of the default settings is 13 h 6 min. */
const longEnoughAgo = 14 * hour;

const now = () => Math.floor(Date.now() / 1000);
const startedAt = now() - hour;
const young = await createTemplate(startedAt);
const ready = await createTemplate(now() - longEnoughAgo);

const { issuer, keyturn, document, withStore, keyIn } = stoppedIssuer();

describe('keyturn keys list and history', () => {
  test.each([['list'], ['history'], ['rotate'], ['revoke', 'NzbLsXh8uDCcd'], ['rewrap']])(
    'keys %s before the first start says so and makes nothing',
    async (...args) => {
      const { code, stdout, stderr } = await keyturn('keys', ...args);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain(`no database at ${databasePathIn(issuer.folder)}`);
      expect(readdirSync(issuer.folder)).toEqual([]);
    },
  );

  test('with a database but no keys yet, list shows none and rotate makes none', async () => {
    await withStore(async () => undefined);
    expect(await document('keys', 'list')).toMatchObject({ keys: [] });
    expect((await keyturn('keys', 'list')).stdout).toContain('no keys yet');
    expect(await keyturn('keys', 'rotate')).toMatchObject({ code: 1, stderr: expect.stringContaining('no keys yet') });
    expect(existsSync(ringPathIn(issuer.folder))).toBe(false);
  });

  test('list gives every key of both rings its state and instants', async () => {
    young.copyTo(issuer.folder);
    const listed = await document('keys', 'list');
    expect(listed.issuer).toBe('http://localhost:4100');
    expect(listed.keys.map(({ alg, state }: ListedKey) => `${alg} ${state}`)).toEqual([
      'ES256 active',
      'ES256 standby',
      'RS256 active',
      'RS256 standby',
    ]);
    const [active, standby] = listed.keys;
    expect(active).toEqual({
      kid: expect.stringMatching(/^[\w-]{43}$/),
      alg: 'ES256',
      slot: 0,
      state: 'active',
      published_at: startedAt,
      activates_at: startedAt,
      signs_until: standby.activates_at,
      removed_at: standby.activates_at + 3940,
      erased_at: null,
      revoked_at: null,
      revocation_reason: null,
    });
  });

  test('list in words draws a bar for each key, within 80 columns, and says when', async () => {
    young.copyTo(issuer.folder);
    const { code, stdout } = await keyturn('keys', 'list');
    expect(code).toBe(0);
    expect(stdout).toContain(`${(await keyIn('active')).slice(0, 8)} active   █`);
    expect(stdout).toContain(`${(await keyIn('standby')).slice(0, 8)} standby  ░`);
    expect(stdout).toMatch(/signs from +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}1 h( \d+ min)? ago/);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout).not.toContain('\u001b');
  });

  test('keys that left the key set are shown with --all', async () => {
    await startRingsAt(issuer.folder, issuer.environment, now() - 70 * 86400);
    await startRingsAt(issuer.folder, issuer.environment, now() - 30 * 86400);
    expect((await keyturn('keys', 'list')).stdout).toMatch(/4 that left the key set: keyturn keys list --all/);
    const all = await document('keys', 'list', '--all');
    expect(all.keys.filter(({ state }: ListedKey) => state === 'removed')).toHaveLength(4);
  });

  test('history tells what happened to each key, in order', async () => {
    ready.copyTo(issuer.folder);
    const [active, standby] = [await keyIn('active'), await keyIn('standby')];
    await keyturn('keys', 'revoke', active, '--reason', 'laptop\u202e stolen');
    const { events } = await document('keys', 'history');
    const eventsOf = (wanted: string) =>
      events.filter(({ kid }: ListedKey) => kid === wanted).map(({ event }: { event: string }) => event);
    expect(eventsOf(active)).toEqual(['published', 'activated', 'revoked', 'erased', 'removed']);
    expect(eventsOf(standby)).toEqual(['published', 'activated']);
    expect((await keyturn('keys', 'history')).stdout).toContain(`${active}  revoked: laptop\\u202e stolen`);
  });
});

describe('keyturn keys rotate', () => {
  test('while the standby is younger than lead it waits, with the numbers first, and nothing turns', async () => {
    young.copyTo(issuer.folder);
    const before = await keyIn('active');
    const { code, stdout, stderr } = await keyturn('keys', 'rotate');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /The ES256 ring did not turn\. Wait 435\d\d s \(12 h \d+ min\), until .*for lead, which is 47170 s/,
    );
    expect(stderr).toContain('P + S + max(A, V) + 2E + F = 30 + 300 + max(300, 46800) + 2*5 + 30');
    expect(await keyIn('active')).toBe(before);
    const { turns } = await document('keys', 'rotate', '--alg', 'RS256');
    expect(turns).toEqual([
      {
        alg: 'RS256',
        turned: false,
        kid: await keyIn('standby', 'RS256'),
        wait_seconds: expect.any(Number),
        lead_seconds: 47170,
      },
    ]);
  });

  test('where the database has seen a later clock it says that the rings stand still until then', async () => {
    await startRingsAt(issuer.folder, issuer.environment, now() + 40.5 * 86_400);
    const { code, stderr } = await keyturn('keys', 'rotate', '--alg', 'ES256');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/seen a clock 349\d{4} s \(40 d 1\d h\) ahead .* stand still/),
    ]);
  });

  test('an old enough standby takes over in both rings, and it says when the old key leaves', async () => {
    ready.copyTo(issuer.folder);
    const [active, standby] = [await keyIn('active'), await keyIn('standby')];
    const { code, stdout, stderr } = await keyturn('keys', 'rotate');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^ES256: ${standby} signs now; every running node knows within P = 30 s\\.`));
    expect(stdout).toMatch(new RegExp(`${active} signs no more; it leaves the key set .* \\(in 1 h 5 min\\)`));
    expect(stdout).toContain('RS256: ');
    expect([await keyIn('active'), await keyIn('retiring')]).toEqual([standby, active]);
  });

  test('where one ring has to wait neither turns, and it says of each what to do', async () => {
    ready.copyTo(issuer.folder);
    await keyturn('keys', 'revoke', await keyIn('standby'));
    const actives = [await keyIn('active'), await keyIn('active', 'RS256')];
    const standby = await keyIn('standby', 'RS256');
    const { code, stdout, stderr } = await keyturn('keys', 'rotate');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/The ES256 ring did not turn\. Wait 47\d\d\d s/);
    expect(stderr).toContain(
      `The RS256 ring did not turn either: its standby ${standby} may sign now, but both turn or neither does. To turn it alone: npx keyturn keys rotate --alg RS256`,
    );
    const { turns } = await document('keys', 'rotate');
    expect(turns).toMatchObject([
      { alg: 'ES256', turned: false, wait_seconds: expect.any(Number) },
      { alg: 'RS256', turned: false, kid: standby, wait_seconds: 0 },
    ]);
    expect([await keyIn('active'), await keyIn('active', 'RS256')]).toEqual(actives);
    expect(await keyturn('keys', 'rotate', '--alg', 'RS256')).toMatchObject({ code: 0 });
    expect([await keyIn('active'), await keyIn('active', 'RS256')]).toEqual([actives[0], standby]);
  });

  test('--alg turns one ring alone', async () => {
    ready.copyTo(issuer.folder);
    const [active, standby] = [await keyIn('active', 'RS256'), await keyIn('standby', 'RS256')];
    const { turns } = await document('keys', 'rotate', '--alg', 'RS256');
    expect(turns).toMatchObject([{ alg: 'RS256', turned: true, kid: standby, previous_kid: active }]);
    expect(await keyIn('retiring', 'ES256')).toBe('none');
    expect(await keyturn('keys', 'rotate', '--alg', 'HS256')).toMatchObject({ code: 2 });
  });
});

describe('keyturn keys revoke', () => {
  test('the active key goes, in two turns, and it says how long each kind of verifier may accept it', async () => {
    ready.copyTo(issuer.folder);
    const [active, standby] = [await keyIn('active'), await keyIn('standby')];
    const revoked = await document('keys', 'revoke', active, '--reason', 'laptop stolen');
    expect(revoked).toMatchObject({
      kid: active,
      alg: 'ES256',
      reason: 'laptop stolen',
      promoted_kid: standby,
      successor: { kid: await keyIn('standby'), activates_at: revoked.revoked_at + 47170 },
      purge: ['http://localhost:4100/.well-known/jwks.json'],
    });
    const spans = revoked.exposure.map(({ verifier, accepted_until: until }: Record<string, string>) => [
      verifier,
      until && Number(until) - revoked.revoked_at,
    ]);
    expect(spans).toEqual([
      ['cache_control', 660],
      ['fixed_cache', 660],
      ['fixed_cache', 960],
      ['fixed_cache', 47160],
      ['unknown_kid', 47200],
      ['hand_copied', null],
    ]);
  });

  test('in words, by the beginning of its kid, with what to purge', async () => {
    ready.copyTo(issuer.folder);
    const active = await keyIn('active');
    const { code, stdout } = await keyturn('keys', 'revoke', active.slice(0, 8));
    expect(code).toBe(0);
    expect(stdout).toContain(`Revoked the ES256 key ${active}`);
    expect(stdout).toMatch(/First turn: .*\nSecond turn: /);
    expect(stdout).toMatch(/11 min +whoever obeys Cache-Control/);
    expect(stdout).toContain('purge http://localhost:4100/.well-known/jwks.json');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('a successor younger than lead is warned of: some verifiers do not have it yet', async () => {
    young.copyTo(issuer.folder);
    const revoked = await keyturn('keys', 'revoke', await keyIn('active'), '--json');
    expect(revoked.code).toBe(0);
    expect(revoked.stderr).toContain(`${JSON.parse(revoked.stdout).promoted_kid} signs now, but was published only`);
    ready.copyTo(issuer.folder);
    expect((await keyturn('keys', 'revoke', await keyIn('active'))).stderr).toBe('');
  });

  test('without a shared cache there is nothing to purge', async () => {
    issuer.environment = { ...issuer.environment, KEYTURN_SHARED_CACHE_SECONDS: '0' };
    ready.copyTo(issuer.folder);
    const { stdout } = await keyturn('keys', 'revoke', await keyIn('active'));
    expect(stdout).not.toContain('purge');
  });

  test('a standby is replaced without a turn', async () => {
    ready.copyTo(issuer.folder);
    const [active, standby] = [await keyIn('active'), await keyIn('standby')];
    expect((await keyturn('keys', 'revoke', standby)).stdout).toContain('no turn was needed');
    expect(await keyIn('active')).toBe(active);
    expect(await keyIn('revoked')).toBe(standby);
  });

  test('a key that is revoked already, and a kid there is none of, are errors that change nothing', async () => {
    ready.copyTo(issuer.folder);
    const active = await keyIn('active');
    await keyturn('keys', 'revoke', active, '--reason', 'laptop stolen');
    const before = await document('keys', 'list');
    expect(await keyturn('keys', 'revoke', active)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/revoked already, since .*Z \(laptop stolen\)\. Nothing was changed/),
    });
    expect(await keyturn('keys', 'revoke', 'x'.repeat(43))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('No key has the kid xxx'),
    });
    expect((await document('keys', 'list')).keys).toEqual(before.keys);
  });

  test('a kid that starts with a dash is no option', async () => {
    ready.copyTo(issuer.folder);
    let key = await generateKey('ES256');
    while (!key.kid.startsWith('-')) key = await generateKey('ES256');
    const { kid, publicJwk } = key;
    const instants = { publishedAt: now(), activatesAt: now() + 90 * 86400, longestTokenSeconds: 3600 };
    await withStore((store) =>
      store.publishSigningKey({ alg: 'ES256', slot: 9, kid, publicJwk, privateJwe: randomUUID(), ...instants }),
    );
    expect(await keyturn('keys', 'revoke', kid, '--reason', 'a test')).toMatchObject({ code: 0, stderr: '' });
    expect(await keyIn('revoked')).toBe(kid);
  });

  test('a misspelt option is an error of usage, and nothing is revoked', async () => {
    ready.copyTo(issuer.folder);
    const active = await keyIn('active');
    expect(await keyturn('keys', 'revoke', active, '--reasn', 'x')).toMatchObject({ code: 2 });
    expect(await keyIn('active')).toBe(active);
  });

  test.each(['', 'two\nlines', 'x'.repeat(201)])('the reason %j is refused', async (reason) => {
    ready.copyTo(issuer.folder);
    const active = await keyIn('active');
    expect(await keyturn('keys', 'revoke', active, '--reason', reason)).toMatchObject({ code: 1 });
    expect(await keyIn('active')).toBe(active);
  });
});

describe('keyturn keys add-kek and rewrap', () => {
  const ring = (): readonly { kid: string }[] => JSON.parse(readFileSync(ringPathIn(issuer.folder), 'utf8')).keys;

  test('a new key-encryption key comes first, the old one stays, and rewrap moves every private key to it', async () => {
    young.copyTo(issuer.folder);
    const before = ring().map(({ kid }) => kid);
    const { kek, created } = await document('keys', 'add-kek');
    expect(created).toBe(false);
    expect(ring().map(({ kid }) => kid)).toEqual([kek, ...before]);
    const rewrapped = await document('keys', 'rewrap');
    expect(rewrapped).toMatchObject({ kek, wrapped: 4 });
    expect(rewrapped.moved).toHaveLength(4);
    expect((await keyturn('keys', 'rewrap')).stdout).toContain(`All 4 private keys are wrapped with ${kek} already`);
  });

  test('for more than one node: a key comes last, wraps nothing, and is promoted once all nodes know it', async () => {
    young.copyTo(issuer.folder);
    const before = ring().map(({ kid }) => kid);
    const { kek, first } = await document('keys', 'add-kek', '--last');
    expect([first, ring().map(({ kid }) => kid)]).toEqual([false, [...before, kek]]);
    expect((await keyturn('keys', 'rewrap')).stdout).toContain(`wrapped with ${before[0]} already`);
    expect(await keyturn('keys', 'promote-kek', 'kek-of-nobody')).toMatchObject({ code: 1 });
    expect(await document('keys', 'promote-kek')).toMatchObject({ kek, moved: true });
    expect(ring().map(({ kid }) => kid)).toEqual([kek, ...before]);
    expect(await document('keys', 'promote-kek', kek)).toMatchObject({ moved: false });
    expect(await document('keys', 'rewrap')).toMatchObject({ kek, wrapped: 4 });
  });

  test('add-kek makes the ring where there is none', async () => {
    expect(await document('keys', 'add-kek')).toMatchObject({ created: true, file: ringPathIn(issuer.folder) });
    expect(ring()).toHaveLength(1);
  });

  test('add-kek says what comes next: to start with a ring that was made, to restart with one that has a key more', async () => {
    const saidBy = async (...typed: string[]) => (await keyturn('keys', 'add-kek', ...typed)).stdout;
    expect(await saidBy()).toMatch(/^Made the ring .*\nNext: give the ring to every node, then start them/);
    expect(await saidBy()).toMatch(/ is now the first .*\nNext: restart every node .*keys rewrap/);
    expect(await saidBy('--last')).toMatch(/ is now the last .*\nIt unwraps, and wraps nothing yet. .*promote-kek/);
  });

  test('add-kek does not write a ring that comes from the environment', async () => {
    issuer.environment = { ...issuer.environment, KEYTURN_KEK_RING: 'secret-ring' };
    const { code, stderr } = await keyturn('keys', 'add-kek');
    expect(code).toBe(1);
    expect(stderr).toContain('KEYTURN_KEK_RING, which this command cannot write');
    expect(stderr).not.toContain('secret-ring');
    expect(existsSync(ringPathIn(issuer.folder))).toBe(false);
  });
});
