// Where temporary folders lie in memory: there no test waits for a disk, nor spends CPU on its driver. What a test sees of a
// file is the same; only a power failure would tell the two apart.
import { accessSync, constants, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const place = '/dev/shm';
/** Four files at once; the log of a database that is kept from beginning anew takes most. */
const leastBytes = 4 * 1024 ** 3;

/** @returns undefined where it is not there, too small, or closed to us or to programs, as in many containers. */
export const memoryFolder = (): string | undefined => {
  try {
    const { bavail, bsize } = statfsSync(place);
    if (bavail * bsize < leastBytes) return undefined;
    const trial = mkdtempSync(join(place, 'keyturn-test-'));
    try {
      const program = join(trial, 'program');
      writeFileSync(program, '', { mode: 0o700 });
      accessSync(program, constants.X_OK);
    } finally {
      rmSync(trial, { recursive: true });
    }
    return place;
  } catch {
    return undefined;
  }
};

/** @returns where that is, for what is not put into TMPDIR; undefined where TMPDIR says elsewhere. */
export const memoryFolderInUse = (): string | undefined => (tmpdir() === place ? place : undefined);
