// What root puts in the place of a file is its owner's again: the server, which is another user, has to open it.
import { existsSync, lchownSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const root = 0;

/** @param place - the file whose owner it is to have, or that of its folder where there is none. For nobody but root. */
export const keepOwner = (file: string, place: string): void => {
  if (process.getuid?.() !== root) return;
  const { uid, gid } = statSync(existsSync(place) ? place : dirname(place));
  // A link that the owner of the folder put there is not followed.
  lchownSync(file, uid, gid);
};
