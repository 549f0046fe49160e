// The Node entry: builds a Provider from the environment, the file system and SQLite, and keeps its keys fresh.
import { type BetterSqlite3, openBetterSqlite3 } from './adapters/better_sqlite3_store.ts';
import { boundPasswordHasher } from './adapters/bounded_password_hasher.ts';
import { createJoseKeyVault, parseKekRing } from './adapters/jose_key_vault.ts';
import { makeKekRingFile, readKekRingFile } from './adapters/kek_ring_file.ts';
import { createMemoryRateLimiter } from './adapters/memory_rate_limiter.ts';
import { nodeCryptoSigners } from './adapters/node_crypto_signer.ts';
import { createNodeOutboundHttp } from './adapters/node_outbound_http.ts';
import { nodeRsPasswordHasher } from './adapters/node_rs_password_hasher.ts';
import { systemClock } from './adapters/system_clock.ts';
import { createThreadedPasswordHasher } from './adapters/threaded_password_hasher.ts';
import type { Config } from './config.ts';
import { OperatorError } from './errors.ts';
import { createKeySetReaders } from './keys/count_readers.ts';
import { createKeyHistory, type KeyHistory } from './keys/keep_key_history.ts';
import { KeyRing } from './keys/key_ring.ts';
import type { RotationParts } from './keys/rotation.ts';
import { refreshAfterSeconds } from './keys/timing.ts';
import { deliverLogouts } from './login/deliver_logouts.ts';
import type { Provider } from './provider.ts';
import { type KeyVault, KeyVaultError } from './seams/key_vault.ts';
import type { Log } from './seams/log.ts';
import type { Store } from './seams/store.ts';
import { recordAudit } from './tokens/audit.ts';

const openDatabase = ({ databaseUrl }: Config): BetterSqlite3 =>
  openBetterSqlite3(databaseUrl.slice('file:'.length), systemClock);

export const openStore = (config: Config): Store => openDatabase(config).store;

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
  onKeyEvent: (type, kid) => recordAudit(`key.${type}`, { details: { kid } }, { store, clock: systemClock }),
});

/** Each has a thread of low priority, and 19 MiB. */
const hashesAtOnce = 2;
const hashesWaiting = 32;

const assertResourcesFit = async ({ policy }: Config, store: Store): Promise<void> => {
  for (const { resource, accessTokenSeconds } of await store.listResources())
    if (accessTokenSeconds > policy.maxTokenSeconds)
      throw new OperatorError(
        `The resource ${resource} has tokens of ${accessTokenSeconds} s, but KEYTURN_MAX_TOKEN_SECONDS is ${policy.maxTokenSeconds}. Raise the setting, or remove and add the resource with a shorter lifetime.`,
      );
};

/** The keys turn and sign without it: what could not be written now is written later, with the true instants. */
const writeHistory = async (keyHistory: KeyHistory, log: Log): Promise<void> => {
  try {
    await keyHistory.refresh();
  } catch (error) {
    log.error({ reason: String(error) }, 'the key history could not be written');
  }
};

/** A provider whose active keys are open and proved. @throws {OperatorError | KeyVaultError} saying what to put right. */
export const openProvider = async (
  config: Config,
  log: Log,
  { store, rateLimiter } = openDatabase(config),
): Promise<Provider> => {
  await assertResourcesFit(config, store);
  const parts = await openRotation(config, store);
  const keyRing = new KeyRing({ ...parts, clock: systemClock, signers: nodeCryptoSigners, log });
  await keyRing.refresh();
  const keyHistory = createKeyHistory({ ...parts, store, keyRing });
  await writeHistory(keyHistory, log);
  return {
    config,
    clock: systemClock,
    store,
    keyRing,
    keyHistory,
    keySetReaders: createKeySetReaders({ keyRing, clock: systemClock, store }),
    log,
    passwordHasher: boundPasswordHasher(
      createThreadedPasswordHasher(nodeRsPasswordHasher),
      hashesAtOnce,
      hashesWaiting,
    ),
    rateLimiter,
    localRateLimiter: createMemoryRateLimiter(systemClock),
    outboundHttp: createNodeOutboundHttp(config.loopback),
  };
};

/** Refreshes the key ring as often as timing.ts says. @returns how to stop. */
export const keepKeysFresh = ({ keyRing, keyHistory, config, log }: Provider): (() => void) => {
  const { policy } = config;
  let timer: NodeJS.Timeout;
  const refresh = async (): Promise<void> => {
    let waitSeconds = refreshAfterSeconds(policy);
    try {
      waitSeconds = refreshAfterSeconds(policy, await keyRing.refresh());
      await writeHistory(keyHistory, log);
    } catch (error) {
      const reason = error instanceof KeyVaultError ? error.message : String(error);
      log.error({ reason }, 'the signing keys could not be refreshed');
    }
    if (!stopped) timer = setTimeout(refresh, waitSeconds * 1000);
  };
  let stopped = false;
  timer = setTimeout(refresh, refreshAfterSeconds(policy) * 1000);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
};

const deliverEverySeconds = 2;
const sweepEverySeconds = 60;
const countEverySeconds = 10;

/** Delivers logout tokens, counts who read the key set and deletes what expired, again and again. @returns how to stop. */
export const keepHouse = (provider: Provider): (() => void) => {
  const { store, clock, log, keySetReaders } = provider;
  const every = (seconds: number, what: string, work: () => Promise<unknown>): NodeJS.Timeout =>
    setInterval(() => {
      work().catch((error: unknown) => log.error({ reason: String(error) }, `${what} failed`));
    }, seconds * 1000);
  const timers = [
    every(deliverEverySeconds, 'back-channel logout', () => deliverLogouts(provider)),
    every(countEverySeconds, 'counting who read the key set', () => keySetReaders.flush()),
    every(sweepEverySeconds, 'deleting what expired', () => store.removeExpired(clock.now())),
  ];
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
};
