import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { databasePathIn, makeFolder, processTestMilliseconds } from '../running_server.ts';
import { loopbackIn, runCommand } from './in_process.ts';

const drillFolders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('keyturn-drill-'));

test(
  'keys drill: every kind of verifier refuses the stolen key within its bound, no good token is refused, nothing is left',
  async () => {
    const folder = makeFolder();
    const before = drillFolders();
    const { code, stdout, stderr } = await runCommand(['keys', 'drill', '--json'], { environment: loopbackIn(folder) });
    const report = JSON.parse(stdout);
    expect({ code, stderr, complaints: report.complaints }).toEqual({ code: 0, stderr: '', complaints: [] });
    expect(report.measured.map(({ who }: Record<string, string>) => who)).toEqual([
      'issuer',
      'cache_control',
      'fixed_cache',
      'unknown_kid',
      'hand_copied',
    ]);
    for (const { who, bound_seconds: bound, measured_seconds: measured } of report.measured.slice(0, 4))
      expect(measured, who).toBeLessThanOrEqual(bound + 1);
    // A verifier that refetches on an unknown kid alone learns of nothing at the first turn.
    const [unknownKid, copied] = report.measured.slice(3);
    expect(unknownKid.measured_seconds).toBeGreaterThan(report.second_turn_seconds - 2);
    expect(copied.measured_seconds).toBeGreaterThan(unknownKid.measured_seconds);
    expect(report.good_tokens.refused).toBe(0);
    expect(report.good_tokens.shown).toBeGreaterThan(50);
    expect(existsSync(databasePathIn(folder))).toBe(false);
    expect(drillFolders().filter((name) => !before.includes(name))).toEqual([]);
  },
  processTestMilliseconds,
);
