// Each term of lead and grace is taken out of the text of src/keys/timing.ts, and other safeguards out of their files, and
// the simulation of today's rule is run on that source: a good token is refused, or a revoked key is taken for too long.
import { execFile } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeFolder } from '../running_server.ts';

const program = resolve('test/simulation/count_refusals.ts');
const folder = makeFolder();

beforeAll(() => {
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  cpSync('package.json', join(folder, 'package.json'));
});

interface Edit {
  readonly file: string;
  readonly text: string;
  readonly instead: string;
}

let copies = 0;

const copyOfSource = (edit?: Edit): string => {
  copies += 1;
  const source = join(folder, `src${copies}`);
  for (const part of ['keys', 'seams', 'simulation', 'errors.ts'])
    cpSync(join('src', part), join(source, part), { recursive: true });
  if (edit === undefined) return source;
  const path = join(source, edit.file);
  const whole = readFileSync(path, 'utf8');
  expect(whole.split(edit.text), `${edit.file} has this text once`).toHaveLength(2);
  writeFileSync(path, whole.replace(edit.text, edit.instead));
  return source;
};

interface Counted {
  readonly refused: number;
  readonly turns: number;
  readonly badSeconds: number;
}

const count = async (scenario: string, edit?: Edit): Promise<Counted> => {
  const { stdout } = await promisify(execFile)(process.execPath, [program, copyOfSource(edit), scenario]);
  return JSON.parse(stdout) as Counted;
};

const [hour, obeying] = ["today's rule, V = 1 h", "today's rule, V = 0"];
/** P + S + A + F. */
const badBound = 30 + 300 + 300 + 20;

const inTiming = (text: string, instead: string): Edit => ({ file: 'keys/timing.ts', text, instead });

describe('the simulation on the source as it is', () => {
  test.each([hour, obeying])(
    '%s: no good token is refused, and a revoked key not for longer than I5 says',
    async (name) => {
      const { refused, turns, badSeconds } = await count(name);
      expect(refused).toBe(0);
      expect(turns).toBeGreaterThan(5);
      expect(badSeconds).toBeLessThanOrEqual(badBound);
    },
  );
});

describe('minimumLeadSeconds without a term', () => {
  const max = 'Math.max(timing.jwksMaxAgeSeconds, timing.slowestVerifierSeconds)';
  test.each([
    ['P', hour, inTiming('timing.snapshotSeconds +\n  timing.sharedCacheSeconds', 'timing.sharedCacheSeconds')],
    ['S', hour, inTiming('  timing.sharedCacheSeconds +\n', '')],
    ['max(A, V)', hour, inTiming(`  ${max} +\n`, '')],
    ['V', hour, inTiming(max, 'timing.jwksMaxAgeSeconds')],
    ['A', obeying, inTiming(max, 'timing.slowestVerifierSeconds')],
    ['2E', hour, inTiming('  2 * timing.clockErrorSeconds +\n  timing.fetch', '  timing.fetch')],
    ['one E', hour, inTiming('  2 * timing.clockErrorSeconds +\n', '  timing.clockErrorSeconds +\n')],
    ['F', hour, inTiming(' +\n  timing.fetchTimeoutSeconds', '')],
  ] as const)('%s: a good token is refused', async (_, scenario, edit) => {
    expect((await count(scenario, edit)).refused).toBeGreaterThan(0);
  });
});

describe('minimumGraceSeconds without a term', () => {
  const whole = 'timing.snapshotSeconds + longestTokenSeconds + timing.leewaySeconds + 2 * timing.clockErrorSeconds';
  const without = (term: string, instead = ''): Edit => inTiming(whole, whole.replace(term, instead));
  test.each([
    ['P', without('timing.snapshotSeconds + ')],
    ['T', without('longestTokenSeconds + ')],
    ['L', without('timing.leewaySeconds + ')],
    ['2E', without(' + 2 * timing.clockErrorSeconds')],
    ['one E', without('2 * timing', 'timing')],
  ] as const)('%s: a good token is refused', async (_, edit) => {
    expect((await count(hour, edit)).refused).toBeGreaterThan(0);
  });
});

describe('other safeguards taken out', () => {
  test.each([
    [
      'turns by hand do not wait for lead',
      'keys/plan_rotation.ts',
      'return waitSeconds > 0 ?',
      'return waitSeconds > 1e9 ?',
    ],
    [
      'nodes sign with a view of any age',
      'keys/key_snapshot.ts',
      'const { clockErrorSeconds, snapshotSeconds } = policy;',
      'const { clockErrorSeconds, snapshotSeconds } = { ...policy, snapshotSeconds: 1e9 };',
    ],
    ['retired keys leave the key set at once', 'keys/lifecycle.ts', " || lifetime.state === 'retiring'", ''],
    ['standbys are not published', 'keys/lifecycle.ts', "lifetime.state === 'standby' ||", ''],
    [
      'the second turn of a revocation comes at once',
      'keys/plan_rotation.ts',
      'revokedAt : revokedAt + policy.leadSeconds',
      'revokedAt : revokedAt + 60',
    ],
  ])('%s: a good token is refused', async (_, file, text, instead) => {
    expect((await count(hour, { file, text, instead })).refused).toBeGreaterThan(0);
  });

  test('revoked keys stay in the key set: they are taken for longer than P + S + A + F', async () => {
    const text = "state: 'revoked', signsUntil, removedAt";
    const instead = "state: 'retiring', signsUntil, removedAt";
    const { badSeconds } = await count(hour, { file: 'keys/lifecycle.ts', text, instead });
    expect(badSeconds).toBeGreaterThan(badBound);
  });
});
