// Files that are read at start. What is no regular file is refused in words: a named pipe would be waited for, and a device
// read, without end.
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats, statSync } from 'node:fs';

const kinds = [
  ['isFIFO', 'a named pipe'],
  ['isDirectory', 'a folder'],
  ['isSocket', 'a socket'],
] as const;

const complaintOf = (found: Stats): string | undefined => {
  if (found.isFile()) return undefined;
  const [, what = 'a device'] = kinds.find(([is]) => found[is]()) ?? [];
  return `it is ${what}, and no file`;
};

/** @returns why what a path names is not to be opened, in words; undefined for a regular file, or where nothing is. */
export const fileComplaint = (path: string): string | undefined => {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && complaintOf(found);
};

/** @returns whether nothing is there. What cannot be, as in a folder of somebody else or below a file, is not missing: opening it says why. */
export const isMissing = (path: string): boolean => {
  try {
    statSync(path);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
};

export interface FoundFile {
  readonly text: string;
  readonly mode: number;
}

/** @returns the file, or why it could not be read, in words or the operating system's code. */
export const readRegularFile = (path: string): FoundFile | string => {
  let descriptor: number | undefined;
  try {
    // Opening a pipe waits for its writer unless told not to.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = fstatSync(descriptor);
    return complaintOf(found) ?? { text: readFileSync(descriptor, 'utf8'), mode: found.mode };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return code;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
};
