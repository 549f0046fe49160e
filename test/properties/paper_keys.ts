// Key pairs and a vault made of paper: no cryptography, so that a property may make thousands. What they stand in for is
// tested in test/keys and test/adapters.
import type { GeneratedKey } from '../../src/keys/generate.ts';
import type { KeyVault } from '../../src/seams/key_vault.ts';

let made = 0;

/** In the place of generate.ts's, by vi.mock. */
export const generateKey = (alg: string): Promise<GeneratedKey> => {
  made += 1;
  const kid = `paper-${made}`;
  return Promise.resolve({ kid, publicJwk: { kid, alg }, privateJwk: { kid, alg } });
};

export const paperVault: KeyVault = {
  wrappingKid: 'paper',
  wrap: ({ kid }) => Promise.resolve(`private half of ${kid}`),
  unwrap: () => Promise.resolve({}),
  wrappedWith: () => 'paper',
};
