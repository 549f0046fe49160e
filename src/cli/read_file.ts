// Reads a file that was named on the command line. It may be a pipe, as of `<(curl ...)`: what has no end is not read to it.
import { closeSync, openSync, readSync } from 'node:fs';
import { OperatorError } from '../errors.ts';

const mostBytes = 64 * 1024 * 1024;
const chunkBytes = 64 * 1024;

const readOpened = (descriptor: number, file: string): string => {
  const chunks: Buffer[] = [];
  for (let bytes = 0; ; ) {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const read = readSync(descriptor, chunk);
    if (read === 0) return Buffer.concat(chunks).toString('utf8');
    bytes += read;
    if (bytes > mostBytes)
      throw new OperatorError(`The file ${file} is longer than ${mostBytes} bytes, and is not read. Check its name.`);
    chunks.push(chunk.subarray(0, read));
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
