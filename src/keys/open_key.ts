// Opens a wrapped private key and proves that it is the one its row says, before anything is signed with it.
import { calculateJwkThumbprint, compactVerify, importJWK } from 'jose';
import { type KeyVault, KeyVaultError, type WrappingContext } from '../seams/key_vault.ts';
import type { Signer, SignerFactory } from '../seams/signer.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { encodeSegment, signCompact } from './segment.ts';

export const wrappingContextOf = (
  issuer: string,
  { kid, alg, slot }: Pick<SigningKeyRecord, 'kid' | 'alg' | 'slot'>,
): WrappingContext => ({ issuer, kid, alg, slot });

const proveSigner = async (signer: Signer, key: SigningKeyRecord): Promise<void> => {
  const signed = await signCompact(encodeSegment({ alg: key.alg }), { kid: key.kid }, signer);
  await compactVerify(signed, await importJWK(key.publicJwk, key.alg));
};

/**
 * @param key - a row whose private half is there.
 * @returns a signer whose signatures verify with the row's public half.
 * @throws {KeyVaultError} when the ciphertext does not open here, or holds another key than the row says.
 */
export const openKey = async (
  key: SigningKeyRecord & { readonly privateJwe: string },
  issuer: string,
  vault: KeyVault,
  signers: SignerFactory,
): Promise<Signer> => {
  const privateJwk = await vault.unwrap(key.privateJwe, wrappingContextOf(issuer, key));
  if ((await calculateJwkThumbprint(privateJwk, 'sha256')) !== key.kid)
    throw new KeyVaultError(
      `The wrapped private key of ${key.kid} is another key's: its thumbprint differs. Restore the database from a backup, or revoke this key.`,
    );
  const signer = await signers.open({ ...privateJwk, kid: key.kid, alg: key.alg });
  try {
    await proveSigner(signer, key);
  } catch (error) {
    throw new KeyVaultError(
      `The private key of ${key.kid} does not match its public half: a test signature did not verify. Restore the database from a backup, or revoke this key.`,
      { cause: error },
    );
  }
  return signer;
};
