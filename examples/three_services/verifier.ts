import { createVerifier, keySetFile, keysFromUrl } from 'keyturn/verifier';

const { ISSUER = 'http://localhost:3000', AUDIENCE = 'https://api.example.com', KEY_SET_FILE } = process.env;

/** Verifies for a day after the issuer was last reached; with a file, services may even restart meanwhile. */
export const verifier = createVerifier({
  issuer: ISSUER,
  audience: AUDIENCE,
  keys: keysFromUrl(`${ISSUER}/.well-known/jwks.json`, {
    keysUsableSeconds: 86_400,
    ...(KEY_SET_FILE !== undefined && { store: keySetFile(KEY_SET_FILE) }),
  }),
});
