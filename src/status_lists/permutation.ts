// The order in which the places of a list are given out: a secret permutation of its indexes, so that neighbours in time
// are no neighbours in the list. A Feistel network (Luby and Rackoff) over tables of random values made from the secret.
import { createCipheriv } from 'node:crypto';

export interface Permutation {
  /** The published index of a turn; both from 0 to `places` - 1. */
  indexOf(turn: number): number;
  /** The turn of a published index. */
  turnOf(index: number): number;
}

const rounds = 6;
const keyBytes = 16;

/** @param secret - 32 bytes: a key and an IV of AES-128-CTR, whose key stream fills the tables. */
const tablesOf = (secret: Uint8Array, entries: number): readonly Uint16Array[] => {
  const stream = createCipheriv('aes-128-ctr', secret.subarray(0, keyBytes), secret.subarray(keyBytes, 2 * keyBytes));
  return Array.from({ length: rounds }, () => {
    const bytes = new Uint8Array(stream.update(new Uint8Array(2 * entries)));
    return new Uint16Array(bytes.buffer).map((value) => value & (entries - 1));
  });
};

/** @param places - at most 2^32; where it is no power of four, values beyond it are walked over. */
export const createPermutation = (secret: Uint8Array, places: number): Permutation => {
  const halfBits = Math.max(1, Math.ceil(Math.log2(places) / 2));
  const entries = 2 ** halfBits;
  const mask = entries - 1;
  const tables = tablesOf(secret, entries);
  const reversed = tables.toReversed();
  const forth = (value: number): number => {
    let [left, right] = [value >>> halfBits, value & mask];
    for (const table of tables) {
      const mixed = left ^ (table[right] ?? 0);
      left = right;
      right = mixed;
    }
    return left * entries + right;
  };
  const back = (value: number): number => {
    let [left, right] = [value >>> halfBits, value & mask];
    for (const table of reversed) [left, right] = [right ^ (table[left] ?? 0), left];
    return left * entries + right;
  };
  const walk = (step: (value: number) => number, from: number): number => {
    let value = step(from);
    while (value >= places) value = step(value);
    return value;
  };
  return { indexOf: (turn) => walk(forth, turn), turnOf: (index) => walk(back, index) };
};
