// argon2id with @phi-ag/argon2, in WebAssembly, where no native module runs; bcrypt from elsewhere with bcryptjs. A hash
// runs to its end on the calling thread. The strings are those of node_rs_password_hasher.ts, both ways.
import Argon2 from '@phi-ag/argon2';
import { compareSync } from 'bcryptjs';
import type { PasswordHasher } from '../seams/password_hasher.ts';
import { argon2idParameters, isOutdatedHash, passwordHashAlgorithm } from './password_hash_forms.ts';

/** Half the memory of an isolate (128 MB), of which WebAssembly never gives any back. */
const most = { memoryCost: 65_536, timeCost: 16, parallelism: 8, bcryptCost: 14 };

/**
 * @phi-ag/argon2 0.5 copies a string as UTF-8 but hashes as many bytes as the string has UTF-16 units, so that the end of
 * a password with other letters than ASCII would not count. Padded, the string has as many units as the password has
 * bytes; the padding comes after them, and is not hashed.
 */
const asManyUnitsAsBytes = (password: string): string =>
  password + '\0'.repeat(Buffer.byteLength(password) - password.length);

/** @param instance - of `@phi-ag/argon2/argon2.wasm`, which in workerd must come from a static import. */
export const createArgon2Wasm = (instance: ConstructorParameters<typeof Argon2>[0]): PasswordHasher => {
  const argon2 = new Argon2(instance);
  return {
    hash: async (password) => argon2.hash(asManyUnitsAsBytes(password), argon2idParameters).encoded,
    accepts: (passwordHash) => passwordHashAlgorithm(passwordHash, most) !== undefined,
    verify: async (passwordHash, password) => {
      const algorithm = passwordHashAlgorithm(passwordHash, most);
      if (algorithm === undefined) return false;
      return algorithm === 'bcrypt'
        ? compareSync(password, passwordHash)
        : argon2.tryVerify(passwordHash, asManyUnitsAsBytes(password)).success;
    },
    needsRehash: isOutdatedHash,
  };
};
