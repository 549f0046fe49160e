// RSA keys for issuers in this process: making one takes a tenth of a second, so that those of one database are those of
// the next, while no database has a key twice.
import { type GeneratedKey, generateKey } from '../src/keys/generate.ts';
import type { SigningAlgorithm } from '../src/seams/signer.ts';

const made: Promise<GeneratedKey>[] = [];

/**
 * For one database that nobody else opens: the RSA keys of any before it, in their order, and new ones after those.
 *
 * @param taken - how many of them the database has already.
 */
export const createKeyMaker = (taken = 0): ((alg: SigningAlgorithm) => Promise<GeneratedKey>) => {
  let place = taken - 1;
  return (alg) => {
    if (alg !== 'RS256') return generateKey(alg);
    place += 1;
    made[place] ??= generateKey(alg);
    return made[place] as Promise<GeneratedKey>;
  };
};
