// What doctor says of the key-encryption keys: whether the ring is there, private, and opens what is wrapped.
import { createJoseKeyVault, parseKekRing } from '../adapters/jose_key_vault.ts';
import { readKekRingFile } from '../adapters/kek_ring_file.ts';
import { nodeCryptoSigners } from '../adapters/node_crypto_signer.ts';
import { isMissing } from '../adapters/regular_file.ts';
import type { Config } from '../config.ts';
import { OperatorError } from '../errors.ts';
import { openKey } from '../keys/open_key.ts';
import { type KeyVault, KeyVaultError } from '../seams/key_vault.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { advice, type Finding, good, wrong } from './finding.ts';

type WrappedKey = SigningKeyRecord & { readonly privateJwe: string };

const isWrapped = (key: SigningKeyRecord): key is WrappedKey => key.privateJwe !== null;

const checkOpening = async (key: WrappedKey, { issuer }: Config, vault: KeyVault): Promise<readonly Finding[]> => {
  try {
    await openKey(key, issuer, vault, nodeCryptoSigners);
    return [];
  } catch (error) {
    if (error instanceof KeyVaultError) return [wrong('kek ring', error.message)];
    throw error;
  }
};

const checkRing = async (config: Config, vault: KeyVault, keys: readonly WrappedKey[]): Promise<readonly Finding[]> => {
  const unopened = (await Promise.all(keys.map((key) => checkOpening(key, config, vault)))).flat();
  if (unopened.length > 0) return unopened;
  const older = keys.filter(({ privateJwe }) => vault.wrappedWith(privateJwe) !== vault.wrappingKid).length;
  const opens = good(
    'kek ring',
    `The ring opens all ${keys.length} private keys; ${vault.wrappingKid} wraps new ones.`,
  );
  if (older === 0) return [opens];
  return [
    opens,
    advice(
      'kek ring',
      `${older} of them are wrapped with an older key-encryption key than ${vault.wrappingKid}, the first. Run "npx keyturn keys rewrap".`,
    ),
  ];
};

const missing = ({ loopback, kekRingFile, remote }: Config, keys: readonly WrappedKey[]): Finding => {
  if (remote !== undefined)
    return advice(
      'kek ring',
      `There is no ring ${kekRingFile} on this machine, so whether it opens the private keys was not checked. Only commands that turn, revoke or rewrap keys need it.`,
    );
  if (keys.length > 0)
    return wrong(
      'kek ring',
      `The ring ${kekRingFile} is missing, so ${keys.length} private keys cannot be opened. Name it in KEYTURN_KEK_RING_FILE, or restore it from its backup.`,
    );
  if (loopback)
    return advice('kek ring', `There is no ring ${kekRingFile} yet; the first start of the server makes it.`);
  return wrong('kek ring', `The ring ${kekRingFile} is missing. For a new issuer make one: npx keyturn keys add-kek`);
};

/** @param keys - every row. */
export const checkVault = async (config: Config, keys: readonly SigningKeyRecord[]): Promise<readonly Finding[]> => {
  const { kekRing, kekRingFile, credentials } = config;
  const wrapped = keys.filter(isWrapped);
  if (kekRing === undefined && isMissing(kekRingFile)) return [missing(config, wrapped)];
  try {
    const ring =
      kekRing === undefined ? readKekRingFile(kekRingFile, credentials) : parseKekRing(kekRing, 'KEYTURN_KEK_RING');
    return await checkRing(config, createJoseKeyVault(ring), wrapped);
  } catch (error) {
    if (error instanceof OperatorError) return [wrong('kek ring', error.message)];
    throw error;
  }
};
