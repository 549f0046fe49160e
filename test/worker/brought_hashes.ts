// Hashes that were made on Node, to be verified in WebAssembly.
import { hash as hashBcrypt } from '@node-rs/bcrypt';
import { nodeRsPasswordHasher } from '../../src/adapters/node_rs_password_hasher.ts';
import { type BroughtHash, passwords } from '../contracts/password_hasher.ts';

/** Bcrypt takes so many bytes and ignores the rest, wherever it runs. */
const bcryptBytes = 72;

export const broughtHashes = async (): Promise<readonly BroughtHash[]> => {
  const made: BroughtHash[] = [];
  for (const password of passwords) {
    const words = `of ${Buffer.byteLength(password)} bytes`;
    const argon2id = await nodeRsPasswordHasher.hash(password);
    made.push({ what: `argon2id ${words}`, password, passwordHash: argon2id, outdated: false });
    if (Buffer.byteLength(password) > bcryptBytes) continue;
    const bcrypt = await hashBcrypt(password, 5);
    made.push({ what: `bcrypt ${words}`, password, passwordHash: bcrypt, outdated: true });
  }
  return made;
};
