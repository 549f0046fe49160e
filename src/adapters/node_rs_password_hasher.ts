// argon2id with @node-rs/argon2; hashes brought along from elsewhere may be bcrypt. OWASP Password Storage Cheat Sheet.
import { hash, hashSync, verify, verifySync } from '@node-rs/argon2';
import { verify as verifyBcrypt, verifySync as verifyBcryptSync } from '@node-rs/bcrypt';
import type { PasswordHasher } from '../seams/password_hasher.ts';
import { argon2idParameters, isOutdatedHash, passwordHashAlgorithm } from './password_hash_forms.ts';

const argon2id = 2;
const parameters = { algorithm: argon2id, ...argon2idParameters } as const;

const most = { memoryCost: 131_072, timeCost: 16, parallelism: 8, bcryptCost: 14 };

/** Whether a hash from elsewhere can be verified here. */
export const isKnownPasswordHash = (passwordHash: string): boolean =>
  passwordHashAlgorithm(passwordHash, most) !== undefined;

/** As `nodeRsPasswordHasher.hash`, on the calling thread. */
export const hashNow = (password: string): string => hashSync(password, parameters);

/** As `nodeRsPasswordHasher.verify`, on the calling thread. */
export const verifyNow = (passwordHash: string, password: string): boolean => {
  const algorithm = passwordHashAlgorithm(passwordHash, most);
  if (algorithm === undefined) return false;
  return algorithm === 'bcrypt' ? verifyBcryptSync(password, passwordHash) : verifySync(passwordHash, password);
};

export const nodeRsPasswordHasher: PasswordHasher = {
  hash: (password) => hash(password, parameters),
  accepts: isKnownPasswordHash,
  verify: async (passwordHash, password) => {
    const algorithm = passwordHashAlgorithm(passwordHash, most);
    if (algorithm === undefined) return false;
    return algorithm === 'bcrypt' ? verifyBcrypt(password, passwordHash) : verify(passwordHash, password);
  },
  needsRehash: isOutdatedHash,
};
