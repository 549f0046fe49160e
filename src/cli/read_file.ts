// Reads a file that was named on the command line. It may be a pipe, as of `<(curl ...)`: what has no end is not read to it.
import { closeSync, openSync, readSync } from 'node:fs';
import { OperatorError } from '../errors.ts';

const mostBytes = 64 * 1024 * 1024;
const firstBytes = 64 * 1024;

/** Into one buffer: a pipe may give a few bytes at a time. */
const readOpened = (descriptor: number, file: string): string => {
  let held = Buffer.allocUnsafe(firstBytes);
  for (let bytes = 0; ; ) {
    if (bytes === held.length) held = Buffer.concat([held], 2 * bytes);
    const read = readSync(descriptor, held, bytes, held.length - bytes, null);
    if (read === 0) return held.toString('utf8', 0, bytes);
    bytes += read;
    if (bytes > mostBytes)
      throw new OperatorError(`The file ${file} is longer than ${mostBytes} bytes, and is not read. Check its name.`);
  }
};

/**
 * @param expected - what file to name, as a sentence.
 * @throws {OperatorError} when it cannot be read, or is too long.
 */
export const readFile = (file: string, expected: string): string => {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    return readOpened(descriptor, file);
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw new OperatorError(`The file ${file} could not be read (${code}). ${expected}`, { cause });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
};
