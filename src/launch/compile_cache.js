// Keeps what Node compiled, stripped TypeScript included, from one start to the next: in a folder that nobody but the
// user can write to, since whoever writes there decides what runs. NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE win.
// Plain JavaScript, because a first TypeScript file, read before there is a cache, costs each start Node's stripper.
// @ts-check
import { lstatSync, mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { userInfo } from 'node:os';
import { join } from 'node:path';

const writableByOthers = 0o022;

/**
 * Made where it is missing.
 *
 * @param {string} home
 * @returns {string | undefined} undefined when it is somebody else's, open to others, or cannot be.
 */
export const privateFolder = (home) => {
  const folder = join(home, '.cache', 'keyturn', 'compiled');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory()) return undefined;
  if (process.getuid === undefined) return folder;
  return found.uid === process.getuid() && (found.mode & writableByOthers) === 0 ? folder : undefined;
};

/** Never fails: without a cache everything works, and starts later. The home is the system's, not what HOME says. */
export const keepCompiled = () => {
  if (process.env.NODE_COMPILE_CACHE !== undefined) return;
  try {
    const folder = privateFolder(userInfo().homedir);
    if (folder !== undefined) enableCompileCache(folder);
  } catch {
    return;
  }
};
