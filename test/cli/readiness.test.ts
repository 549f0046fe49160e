import { describe, expect, test } from 'vitest';
import type { KeySetReader } from '../../src/seams/key_set_reader_store.ts';
import { createTemplate } from './in_process.ts';
import { stoppedIssuer } from './stopped_issuer.ts';

const hour = 3600;
const now = () => Math.floor(Date.now() / 1000);
const young = await createTemplate(now() - hour);
/** The lead time of the default settings is 13 h 6 min. */
const ready = await createTemplate(now() - 14 * hour);

const { issuer, keyturn, document, withStore, keyIn } = stoppedIssuer();

describe('who has seen the standby', () => {
  const addReaders = async (...readers: readonly (readonly [reader: string, state: string])[]): Promise<void> => {
    const [at, rows] = [now() - 60, []] as [number, KeySetReader[]];
    for (const [reader, state] of readers)
      rows.push({ reader, kid: await keyIn(state), fetches: 7, firstAt: at, lastAt: at });
    await withStore((store) => store.addKeySetReads(rows, 64, 'other'));
  };

  test('list shows it by ring, in words and as a document', async () => {
    ready.copyTo(issuer.folder);
    expect((await keyturn('keys', 'list')).stdout).toContain('Nobody has fetched the key set yet.');
    await addReaders(['jose/6.2.17', 'standby'], ['jose/6.2.17', 'active'], ['Java/17', 'active']);
    const { stdout } = await keyturn('keys', 'list');
    expect(stdout).toMatch(/Java\/17 +has not seen the standby +7 fetches, the last 1 min (\d s )?ago/);
    expect(stdout).toMatch(/jose\/6\.2\.17 +has the standby +7 fetches/);
    const { readiness } = await document('keys', 'list');
    expect(readiness[0]).toMatchObject({
      alg: 'ES256',
      standby_kid: await keyIn('standby'),
      seen: [{ reader: 'jose/6.2.17', fetches: 7 }],
      not_since: [{ reader: 'Java/17' }],
    });
  });

  test('rotate warns of those who have not, and turns', async () => {
    ready.copyTo(issuer.folder);
    await addReaders(['jose/6.2.17', 'standby'], ['Java/17', 'active']);
    const { code, stderr } = await keyturn('keys', 'rotate', '--alg', 'ES256');
    expect(code).toBe(0);
    expect(stderr).toMatch(/since the ES256 standby .* was published: Java\/17 \(the last time 1 min( \d+ s)? ago\)\./);
    expect(stderr).not.toContain('jose');
  });

  test('T126: a name that came into the database otherwise is shown, not obeyed', async () => {
    ready.copyTo(issuer.folder);
    await addReaders(['\u001b[2Jevil', 'active']);
    for (const args of [['list'], ['rotate']]) {
      const { stdout, stderr } = await keyturn('keys', ...args);
      expect(stdout + stderr).toContain('\\u001b[2Jevil');
      expect(stdout + stderr).not.toContain('\u001b[2J');
    }
  });
});

describe('keyturn keys revoke --dry-run', () => {
  test('--dry-run tells the same and changes nothing', async () => {
    ready.copyTo(issuer.folder);
    const [active, before] = [await keyIn('active'), await document('keys', 'list')];
    const rehearsed = await document('keys', 'revoke', active, '--dry-run');
    const words = await keyturn('keys', 'revoke', active, '--dry-run');
    expect(words.stdout).toContain('Nothing was revoked (--dry-run)');
    expect(words.stdout).toContain('a key made then, which nobody has seen yet');
    expect(words.stdout).toContain('To do then: purge http://localhost:4100/.well-known/jwks.json');
    expect((await document('keys', 'list')).keys).toEqual(before.keys);
    const revoked = await document('keys', 'revoke', active);
    const spans = (exposure: readonly { readonly accepted_until: number | null }[], at: number) =>
      exposure.map((bound) => ({ ...bound, accepted_until: bound.accepted_until && bound.accepted_until - at }));
    expect(rehearsed.dry_run).toBe(true);
    expect(rehearsed.promoted_kid).toBe(revoked.promoted_kid);
    expect(spans(rehearsed.exposure, rehearsed.revoked_at)).toEqual(spans(revoked.exposure, revoked.revoked_at));
  });

  test.each(['standby', 'active'])('--dry-run of the %s key promises what the revocation then does', async (state) => {
    young.copyTo(issuer.folder);
    const kid = await keyIn(state);
    const rehearsed = await document('keys', 'revoke', kid, '--dry-run');
    const revoked = await document('keys', 'revoke', kid);
    const latest = ({ exposure }: { exposure: readonly { accepted_until: number | null }[] }) =>
      Math.max(...exposure.map((bound) => bound.accepted_until ?? 0));
    const [promised, done] = [rehearsed, revoked].map((answer) => latest(answer) - answer.revoked_at) as [
      number,
      number,
    ];
    expect(done).toBeLessThanOrEqual(promised);
    // A second may have gone by between the two commands.
    expect(done).toBeGreaterThanOrEqual(promised - (revoked.revoked_at - rehearsed.revoked_at));
    expect(await keyIn('revoked')).toBe(kid);
  });
});
