// The Node entry: builds a Provider from the environment, the file system and SQLite, and keeps its keys fresh.
import { createBetterSqlite3Store } from './adapters/better_sqlite3_store.ts';
import { createJoseKeyVault, parseKekRing } from './adapters/jose_key_vault.ts';
import { makeKekRingFile, readKekRingFile } from './adapters/kek_ring_file.ts';
import { nodeCryptoSigners } from './adapters/node_crypto_signer.ts';
import { systemClock } from './adapters/system_clock.ts';
import type { Config } from './config.ts';
import { OperatorError } from './errors.ts';
import { KeyRing } from './keys/key_ring.ts';
import type { RotationParts } from './keys/rotation.ts';
import type { Provider } from './provider.ts';
import { type KeyVault, KeyVaultError } from './seams/key_vault.ts';
import type { Log } from './seams/log.ts';
import type { Store } from './seams/store.ts';

export const openStore = ({ databaseUrl }: Config): Store =>
  createBetterSqlite3Store(databaseUrl.slice('file:'.length), systemClock);

/** Opens the KEK ring; on loopback, with a database that has no keys yet, makes one. */
export const openVault = async (config: Config, store: Store): Promise<KeyVault> => {
  if (config.kekRing !== undefined) return createJoseKeyVault(parseKekRing(config.kekRing, 'KEYTURN_KEK_RING'));
  const { keys } = await store.readSigningKeys();
  if (config.loopback && keys.length === 0) makeKekRingFile(config.kekRingFile);
  return createJoseKeyVault(readKekRingFile(config.kekRingFile));
};

export const openRotation = async (config: Config, store: Store): Promise<RotationParts> => ({
  issuer: config.issuer,
  policy: config.policy,
  store,
  vault: await openVault(config, store),
});

const assertResourcesFit = async ({ policy }: Config, store: Store): Promise<void> => {
  for (const { resource, accessTokenSeconds } of await store.listResources())
    if (accessTokenSeconds > policy.maxTokenSeconds)
      throw new OperatorError(
        `The resource ${resource} has tokens of ${accessTokenSeconds} s, but KEYTURN_MAX_TOKEN_SECONDS is ${policy.maxTokenSeconds}. Raise the setting, or remove and add the resource with a shorter lifetime.`,
      );
};

/** A provider whose active keys are open and proved. @throws {OperatorError | KeyVaultError} saying what to put right. */
export const openProvider = async (config: Config, log: Log): Promise<Provider> => {
  const store = openStore(config);
  await assertResourcesFit(config, store);
  const parts = await openRotation(config, store);
  const keyRing = new KeyRing({ ...parts, clock: systemClock, signers: nodeCryptoSigners, log });
  await keyRing.refresh();
  return { config, clock: systemClock, store, keyRing, log };
};

/** Refreshes the key ring every third of P, and at each instant something is due. @returns how to stop. */
export const keepKeysFresh = ({ keyRing, config, log }: Provider): (() => void) => {
  const pollSeconds = config.policy.snapshotSeconds / 3;
  let timer: NodeJS.Timeout;
  const refresh = async (): Promise<void> => {
    let waitSeconds = pollSeconds;
    try {
      waitSeconds = Math.max(0.1, Math.min(pollSeconds, await keyRing.refresh()));
    } catch (error) {
      const reason = error instanceof KeyVaultError ? error.message : String(error);
      log.error({ reason }, 'the signing keys could not be refreshed');
    }
    if (!stopped) timer = setTimeout(refresh, waitSeconds * 1000);
  };
  let stopped = false;
  timer = setTimeout(refresh, pollSeconds * 1000);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
};
