// Keys of paper: no cryptography, so that a year of turns takes seconds. A kid is all that a verifier of the simulation
// looks at; what the real material and signatures do is shown with real libraries in test/flows and test/real_run.
import type { GeneratedKey } from '../keys/generate.ts';
import type { KeyRingParts } from '../keys/key_ring.ts';
import { type KeyVault, KeyVaultError } from '../seams/key_vault.ts';
import type { SignerFactory, SigningAlgorithm } from '../seams/signer.ts';

/** Names keys in the order in which they are made. */
export const createPaperKeys = (): ((alg: SigningAlgorithm) => Promise<GeneratedKey>) => {
  let made = 0;
  return (alg) => {
    made += 1;
    const kid = `${alg}#${made}`;
    return Promise.resolve({ kid, publicJwk: { kty: 'paper', kid, alg }, privateJwk: { kty: 'paper', kid, alg } });
  };
};

/** @param kekKids - the ring of key-encryption keys: the first wraps, all unwrap. */
export const createPaperVault = (kekKids: readonly [string, ...string[]]): KeyVault => {
  const wrappedWith = (jwe: string): string => jwe.split('.', 1)[0] ?? '';
  return {
    wrappingKid: kekKids[0],
    wrap: ({ kid }) => Promise.resolve(`${kekKids[0]}.${kid}`),
    unwrap: (jwe, { kid }) =>
      kekKids.includes(wrappedWith(jwe)) && jwe.endsWith(`.${kid}`)
        ? Promise.resolve({ kty: 'paper', kid })
        : Promise.reject(new KeyVaultError(`${jwe} does not open`)),
    wrappedWith,
  };
};

const noSignature = new Uint8Array();

export const openPaperKey: NonNullable<KeyRingParts['openKey']> = async (key, issuer, vault) => {
  await vault.unwrap(key.privateJwe, { issuer, kid: key.kid, alg: key.alg, slot: key.slot });
  return { kid: key.kid, alg: key.alg, sign: () => Promise.resolve(noSignature) };
};

/** Never asked: openPaperKey opens. */
export const paperSigners: SignerFactory = {
  open: ({ kid = '' }) => Promise.resolve({ kid, alg: 'ES256', sign: () => Promise.resolve(noSignature) }),
};
