import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, test } from 'vitest';
import { checkKeys } from '../../src/cli/check_keys.ts';
import type { Finding } from '../../src/cli/finding.ts';
import { type Environment, readConfig } from '../../src/config.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';
import { databasePathIn, ringPathIn } from '../running_server.ts';
import { createTemplate, runCommand } from './in_process.ts';
import { stoppedIssuer } from './stopped_issuer.ts';

const now = () => Math.floor(Date.now() / 1000);
const api = 'https://api.example.com';
const template = await createTemplate(now() - 60);

const { issuer, keyturn, withStore } = stoppedIssuer();

const examine = async (changed: Environment = {}) => {
  const { code, stdout, stderr } = await runCommand(['doctor', '--json'], {
    environment: { ...issuer.environment, ...changed },
  });
  const { healthy, findings } = JSON.parse(stdout) as { healthy: boolean; findings: readonly Finding[] };
  const unsound = findings.filter(({ level }) => level !== 'good').map(({ level, message }) => `${level}: ${message}`);
  return { code, stderr, healthy, findings, unsound };
};

describe('keyturn doctor where all is well', () => {
  beforeEach(() => template.copyTo(issuer.folder));

  test('exit code 0, each rule with its numbers, the state of each ring', async () => {
    const { code, stdout, stderr } = await keyturn('doctor');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const unwrapped = stdout.replaceAll('\n  ', ' ');
    expect(unwrapped).toContain('P + S + max(A, V) + 2E + F = 30 + 300 + max(300, 46800) + 2*5 + 30 = 47170 s');
    expect(unwrapped).toContain('P + T + L + 2E = 30 + 3600 + 300 + 2*5 = 3940 s');
    expect(unwrapped).toContain('lead + P = 47170 + 30 = 47200 s');
    expect(unwrapped).toMatch(/✓ ES256: [\w-]{43} signs since .* The next turn, to [\w-]{43}, is .*\(in 29 d/);
    expect(unwrapped).toContain('The ring opens all 4 private keys');
    expect(stdout).toMatch(/\n\nEverything is as it should be\.\n$/);
  });

  test('it changes nothing', async () => {
    const before = await withStore((store) => store.readSigningKeys());
    const files = readdirSync(issuer.folder).sort();
    await examine();
    expect(readdirSync(issuer.folder).sort()).toEqual(files);
    expect((await withStore((store) => store.readSigningKeys())).keys).toEqual(before.keys);
  });

  test('colour is for terminals', async () => {
    const { stdout } = await runCommand(['doctor'], { environment: issuer.environment, colour: true });
    expect(stdout).toContain('\u001b[32m✓\u001b[39m');
  });
});

describe('keyturn doctor before the first start', () => {
  test('it says what is missing and makes none of it', async () => {
    const { code, unsound } = await examine();
    expect(code).toBe(0);
    expect(unsound).toEqual([
      `advice: There is no database ${databasePathIn(issuer.folder)} yet; the first start of the server makes it.`,
      `advice: There is no ring ${ringPathIn(issuer.folder)} yet; the first start of the server makes it.`,
    ]);
    expect(readdirSync(issuer.folder)).toEqual([]);
  });

  test('what cannot be seen is not taken for missing', async () => {
    for (const path of [databasePathIn(issuer.folder), ringPathIn(issuer.folder)]) symlinkSync(path, path);
    const refused = /could not be opened \((?:ELOOP|SQLITE_CANTOPEN)\)/;
    expect((await examine()).unsound).toEqual([expect.stringMatching(refused)]);
    for (const args of [
      ['users', 'list'],
      ['backup', 'b.sqlite'],
      ['keys', 'list'],
    ])
      expect(await runCommand(args, { environment: issuer.environment })).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(refused),
      });
    rmSync(databasePathIn(issuer.folder));
    expect((await examine()).unsound).toContainEqual(expect.stringMatching(/^wrong: The ring .* read: ELOOP/));
  });

  test('below a regular file nothing is missing, because no start can make it', async () => {
    const [file, fine] = [`${issuer.folder}/file`, issuer.environment.KEYTURN_DATABASE_URL];
    writeFileSync(file, '');
    const environment = {
      ...issuer.environment,
      KEYTURN_DATABASE_URL: `file:${file}/folder/keyturn.sqlite`,
      KEYTURN_KEK_RING_FILE: `${file}/kek_ring.json`,
    };
    const refused = /could not be opened \((?:ENOTDIR|EEXIST|SQLITE_CANTOPEN)\)/;
    expect((await examine(environment)).unsound).toEqual([expect.stringMatching(/ENOTDIR.*not a folder/)]);
    for (const args of [
      ['users', 'list'],
      ['backup', 'b.sqlite'],
    ])
      expect(await runCommand(args, { environment })).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(refused),
      });
    expect((await examine({ ...environment, KEYTURN_DATABASE_URL: fine })).unsound).toContainEqual(
      expect.stringMatching(/^wrong: The ring .* could not be read: ENOTDIR/),
    );
  });

  test('away from loopback a missing ring is wrong, because no start makes it', async () => {
    const { code, unsound } = await examine({ KEYTURN_ISSUER: 'https://id.example.com', KEYTURN_HOST: '0.0.0.0' });
    expect(code).toBe(1);
    expect(unsound).toContainEqual(expect.stringMatching(/^wrong: The ring .* is missing\..*keys add-kek/));
    expect(existsSync(ringPathIn(issuer.folder))).toBe(false);
  });
});

describe('keyturn doctor on the configuration', () => {
  test('a variable that is no setting is wrong, with the name that was meant', async () => {
    const { code, unsound } = await examine({ KEYTURN_LEED_SECONDS: '1', KEYTURN_XYZ: '1' });
    expect(code).toBe(1);
    expect(unsound).toContainEqual(expect.stringContaining('did you mean KEYTURN_LEAD_SECONDS?'));
    expect(unsound).toContainEqual(expect.stringMatching(/^wrong: KEYTURN_XYZ is set.*docs\/configuration\.md/));
  });

  test('a configuration that contradicts itself is told with its numbers, and nothing else is guessed', async () => {
    const { code, findings } = await examine({ KEYTURN_LEAD_SECONDS: '1' });
    expect(code).toBe(1);
    expect(findings).toEqual([
      { level: 'wrong', about: 'settings', message: expect.stringContaining('KEYTURN_LEAD_SECONDS is 1') },
    ]);
  });

  test.each([
    [{ KEYTURN_SLOWEST_VERIFIER_SECONDS: '600' }, 'advice: KEYTURN_SLOWEST_VERIFIER_SECONDS is 600.*\\.NET 46800'],
    [{ KEYTURN_HOST: '0.0.0.0' }, 'advice: The issuer .* is for this machine alone.*0\\.0\\.0\\.0'],
    [{ KEYTURN_HOST: 'fe80::1%eth0' }, 'advice: The issuer .* is for this machine alone.*fe80::1%eth0'],
    [{ KEYTURN_PORT: '4199' }, 'advice: .*sends everyone to port 4100'],
    [{ KEYTURN_ISSUER: 'https://id.example.com' }, 'advice: .*behind a proxy on this machine'],
  ])('%j is worth knowing', async (changed, message) => {
    expect((await examine(changed)).unsound).toContainEqual(expect.stringMatching(new RegExp(`^${message}`)));
  });
});

describe('keyturn doctor on the database', () => {
  beforeEach(() => template.copyTo(issuer.folder));

  test('F16: a file that is no database is wrong and stays as it is', async () => {
    writeFileSync(databasePathIn(issuer.folder), 'not a database'.repeat(100));
    const { code, unsound } = await examine();
    expect(code).toBe(1);
    expect(unsound).toEqual([expect.stringMatching(/^wrong: .*SQLITE_NOTADB.*restore a backup/)]);
    expect(readFileSync(databasePathIn(issuer.folder), 'utf8')).toBe('not a database'.repeat(100));
  });

  test('F16: a damaged page is found, and nothing is written', async () => {
    const bytes = readFileSync(databasePathIn(issuer.folder)).fill(0xff, 2 * 4096, 3 * 4096);
    writeFileSync(databasePathIn(issuer.folder), bytes);
    const { code, unsound } = await examine();
    expect(code).toBe(1);
    expect(unsound).toEqual([expect.stringMatching(/^wrong: .*(is damaged|SQLITE_CORRUPT).*backup/i)]);
    expect(readFileSync(databasePathIn(issuer.folder)).equals(bytes)).toBe(true);
  });

  test('one of an older version is left alone', async () => {
    rmSync(databasePathIn(issuer.folder));
    new Database(databasePathIn(issuer.folder)).exec('CREATE TABLE other (id)').close();
    const { code, unsound } = await examine();
    expect(code).toBe(0);
    expect(unsound).toEqual([expect.stringMatching(/is of an older version/)]);
    const database = new Database(databasePathIn(issuer.folder));
    expect(database.prepare('SELECT name FROM sqlite_schema').pluck().all()).toEqual(['other']);
    database.close();
  });

  test('one that others can read is worth knowing', async () => {
    chmodSync(databasePathIn(issuer.folder), 0o644);
    expect((await examine()).unsound).toEqual([expect.stringMatching(/^advice: .*Run: chmod 600/)]);
  });
});

describe('keyturn doctor on the key-encryption keys', () => {
  beforeEach(() => template.copyTo(issuer.folder));

  test('F17: a ring that is gone, that others can read, or that is no ring is wrong', async () => {
    chmodSync(ringPathIn(issuer.folder), 0o644);
    expect((await examine()).unsound).toEqual([
      expect.stringMatching(/^wrong: .*can be read by others. Run: chmod 600/),
    ]);
    chmodSync(ringPathIn(issuer.folder), 0o600);
    writeFileSync(ringPathIn(issuer.folder), '{}');
    expect((await examine()).unsound).toEqual([expect.stringMatching(/^wrong: .*cannot be used/)]);
    rmSync(ringPathIn(issuer.folder));
    expect((await examine()).unsound).toEqual([expect.stringMatching(/^wrong: .*is missing, so 4 private keys/)]);
  });

  test('F17: a ring that does not open the keys is wrong, once for each', async () => {
    rmSync(ringPathIn(issuer.folder));
    await keyturn('keys', 'add-kek');
    const { code, unsound } = await examine();
    expect(code).toBe(1);
    expect(unsound).toHaveLength(4);
    expect(unsound[0]).toMatch(/^wrong: The private key .* is wrapped with the key-encryption key .* not in the ring/);
  });

  test('keys wrapped with an older one are to be rewrapped', async () => {
    await keyturn('keys', 'add-kek');
    expect((await examine()).unsound).toEqual([expect.stringMatching(/^advice: 4 of them .*keys rewrap/)]);
    await keyturn('keys', 'rewrap');
    expect((await examine()).unsound).toEqual([]);
  });

  test('keys of another issuer do not open', async () => {
    const { unsound } = await examine({ KEYTURN_ISSUER: 'http://localhost:4101' });
    expect(unsound[0]).toMatch(/^wrong: .*bound to iss "http:\/\/localhost:4100"/);
  });
});

describe('keyturn doctor on clients and resources', () => {
  beforeEach(() => template.copyTo(issuer.folder));

  test('a client of a resource that is gone is wrong; a scope no resource has and a short life are worth knowing', async () => {
    await keyturn('resources', 'add', api, '--scope', 'read', '--access-token-seconds', '30');
    await keyturn('resources', 'add', 'https://gone.example.com');
    await keyturn('clients', 'add', '--client-id', 'a', '--resource', api, '--scope', 'read admin');
    await keyturn('clients', 'add', '--client-id', 'b', '--resource', 'https://gone.example.com');
    await keyturn('resources', 'remove', 'https://gone.example.com', '--force');
    const { code, unsound } = await examine();
    expect(code).toBe(1);
    expect(unsound).toEqual([
      expect.stringMatching(/^advice: https:\/\/api\.example\.com has tokens of 30 s/),
      expect.stringMatching(/^advice: a may ask for the scope admin/),
      expect.stringMatching(/^wrong: b is registered for https:\/\/gone\.example\.com/),
    ]);
  });

  test('a resource whose tokens live longer than the setting allows keeps the server from starting', async () => {
    await keyturn('resources', 'add', api, '--access-token-seconds', '3600');
    const { unsound } = await examine({ KEYTURN_MAX_TOKEN_SECONDS: '900' });
    expect(unsound).toEqual([
      expect.stringMatching(/^wrong: .*tokens of 3600 s, but KEYTURN_MAX_TOKEN_SECONDS is 900/),
    ]);
  });
});

describe('what doctor says of the rings', () => {
  const { policy } = readConfig({});
  const t = 1_800_000_000;
  const key = (slot: number, instants: Partial<SigningKeyRecord>): SigningKeyRecord => ({
    alg: 'ES256',
    slot,
    kid: `kid-${slot}`,
    publicJwk: {},
    privateJwe: 'wrapped',
    publishedAt: t,
    activatesAt: t,
    longestTokenSeconds: 3600,
    erasedAt: null,
    revokedAt: null,
    revocationReason: null,
    ...instants,
  });
  const both = (...ring: SigningKeyRecord[]) => ring.flatMap((one) => [one, { ...one, alg: 'RS256' as const }]);
  const unsound = (keys: readonly SigningKeyRecord[], at: number) =>
    checkKeys(keys, policy, at)
      .filter(({ level }) => level !== 'good')
      .map(({ level, about, message }) => `${level} ${about}: ${message}`);
  const healthy = both(key(0, {}), key(1, { activatesAt: t + policy.periodSeconds }));

  test('an active key and a standby in good time are well', () => {
    expect(unsound(healthy, t + 60)).toEqual([]);
  });

  test('a database that has seen a later clock is wrong, past E', () => {
    expect(unsound(healthy, t - policy.clockErrorSeconds)).toEqual([]);
    expect(unsound(healthy, t - 3600)).toContainEqual(
      expect.stringMatching(/^wrong clock: The database has seen a clock 3600 s \(1 h\) ahead/),
    );
  });

  test('a ring without an active key is wrong', () => {
    const revoked = both(key(0, { revokedAt: t, privateJwe: null, erasedAt: t }));
    expect(unsound(revoked, t + 60)).toContainEqual(expect.stringMatching(/^wrong ES256: No key signs.*publishes one/));
    const standby = key(1, { activatesAt: t + policy.periodSeconds });
    const stalled = unsound(both(key(0, { privateJwe: null, erasedAt: t }), standby), t + 60);
    expect(stalled).toContainEqual(expect.stringMatching(/^wrong ES256: No key signs.*the standby kid-1 take over/));
    expect(stalled).toContainEqual(expect.stringMatching(/^advice due: .*let kid-1 take over/));
  });

  test('I2: a standby that will sign before the lead time is over is wrong, as when lead was raised', () => {
    const early = both(key(0, {}), key(1, { publishedAt: t, activatesAt: t + policy.leadSeconds - 1 }));
    expect(unsound(early, t + 60)).toContainEqual(
      expect.stringMatching(/^wrong ES256: The standby kid-1 is to sign 47169 s/),
    );
  });

  test('what no running server has done is worth knowing', () => {
    const late = t + policy.periodSeconds + 60;
    expect(unsound(healthy, late)).toContainEqual(
      expect.stringMatching(/^advice due: .*publish a standby for ES256;.*erase the private half of kid-0/),
    );
  });
});
