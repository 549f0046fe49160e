// The clock of the machine as child processes see it: libfaketime reads from a file how far it is off.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const libfaketime = ['x86_64-linux-gnu', 'aarch64-linux-gnu']
  .map((machine) => `/usr/lib/${machine}/faketime/libfaketimeMT.so.1`)
  .find((path) => existsSync(path));

/** `apt-get install faketime` brings it. */
export const canSetClock = libfaketime !== undefined;

export interface MachineClock {
  readonly environment: Readonly<Record<string, string>>;
  /** @returns false where libfaketime is not installed. */
  setOffBy(seconds: number): Promise<boolean>;
}

export const createMachineClock = async (folder: string, name = 'clock'): Promise<MachineClock> => {
  const file = join(folder, name);
  const setOffBy = async (seconds: number): Promise<boolean> => {
    await writeFile(file, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    return canSetClock;
  };
  await setOffBy(0);
  const environment =
    libfaketime === undefined
      ? {}
      : {
          LD_PRELOAD: libfaketime,
          FAKETIME_TIMESTAMP_FILE: file,
          FAKETIME_NO_CACHE: '1',
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
          DONT_FAKE_MONOTONIC: '1',
        };
  return { environment, setOffBy };
};
