// Waits until what a path names is on the disk: of a folder, the names in it.
import { closeSync, fsyncSync, openSync } from 'node:fs';

export const syncPath = (path: string): void => {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};
