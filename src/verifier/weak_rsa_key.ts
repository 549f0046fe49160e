// Tells RSA keys whose signatures prove nothing: short ones, odd exponents of the past, moduli with a small factor, and
// those of CVE-2017-15361 (ROCA). RFC 7518 §3.3, RFC 8725 §3.5.

const leastBits = 2048;
/** Verification costs the square of the length. */
const mostBits = 8192;
const exponent = 65537n;

/** Those by which the faulty Infineon library can be told. Nemec et al., CCS 2017, §3.4. */
const smallPrimes = [
  ...[3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97],
  ...[101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167],
];

const numberOf = (bytes: Uint8Array): bigint => {
  let hex = '';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return BigInt(`0x${hex || '0'}`);
};

/** Whether a power of 65537 modulo the prime is the residue: of every modulus that library made, one always is. */
const isPowerOfExponent = (residue: number, prime: number): boolean => {
  const step = Number(exponent) % prime;
  for (let power = 1, tries = 0; tries < prime; tries += 1, power = (power * step) % prime)
    if (power === residue) return true;
  return false;
};

/** @returns what is wrong with the key, in words; undefined when nothing is. */
export const weaknessOfRsaKey = (modulus: Uint8Array, publicExponent: Uint8Array): string | undefined => {
  if (modulus[0] === 0 || publicExponent[0] === 0) return 'a number of it begins with a zero byte';
  const n = numberOf(modulus);
  const bits = n.toString(2).length;
  if (bits < leastBits || bits > mostBits) return `its modulus has ${bits} bits, expected ${leastBits} to ${mostBits}`;
  if (numberOf(publicExponent) !== exponent) return `its exponent is not ${exponent}`;
  const residues = smallPrimes.map((prime) => Number(n % BigInt(prime)));
  if (n % 2n === 0n || residues.includes(0)) return 'its modulus has a small factor';
  if (residues.every((residue, at) => isPowerOfExponent(residue, smallPrimes[at] as number)))
    return 'its modulus can be factored (CVE-2017-15361)';
  return undefined;
};
