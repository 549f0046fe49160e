// The Node entry: builds a Provider from the environment, the file system and a database, and keeps its keys fresh.
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { boundPasswordHasher } from './adapters/bounded_password_hasher.ts';
import { isPostgresUrl, openDatabase, sqliteFileOf } from './adapters/database_url.ts';
import { createEventLoopTurns } from './adapters/event_loop_turns.ts';
import { createIdleTurns } from './adapters/idle_turns.ts';
import { createJoseKeyVault, parseKekRing } from './adapters/jose_key_vault.ts';
import { makeKekRingFile, readKekRingFile } from './adapters/kek_ring_file.ts';
import { assertNotLost } from './adapters/lost_database.ts';
import { createMemoryRateLimiter } from './adapters/memory_rate_limiter.ts';
import { nodeCryptoSigners } from './adapters/node_crypto_signer.ts';
import { createNodeOutboundHttp } from './adapters/node_outbound_http.ts';
import { nodeRsPasswordHasher } from './adapters/node_rs_password_hasher.ts';
import { nodeZlibDeflate } from './adapters/node_zlib_deflate.ts';
import { watchStore } from './adapters/observed_store.ts';
import type { PoolOptions } from './adapters/postgres_pool.ts';
import type { NodeMetrics } from './adapters/prom_client_metrics.ts';
import type { OpenedStore } from './adapters/sql_store.ts';
import { systemClock } from './adapters/system_clock.ts';
import { createThreadedPasswordHasher } from './adapters/threaded_password_hasher.ts';
import type { Config } from './config.ts';
import { assertResourcesFit, attempt, type Chore, chores, prepare, writeHistory } from './housekeeping.ts';
import { createKeySetReaders } from './keys/count_readers.ts';
import { createKeyHistory } from './keys/keep_key_history.ts';
import { KeyRing } from './keys/key_ring.ts';
import type { RotationParts } from './keys/rotation.ts';
import { refreshAfterSeconds } from './keys/timing.ts';
import type { Provider } from './provider.ts';
import type { AuditStore } from './seams/audit_store.ts';
import { type KeyVault, KeyVaultError } from './seams/key_vault.ts';
import type { Log } from './seams/log.ts';
import { noMetrics } from './seams/metrics.ts';
import type { SigningKeyStore } from './seams/signing_key_store.ts';
import { type Store, StoreUnavailableError } from './seams/store.ts';
import { createRevocationParts } from './status_lists/revocation_parts.ts';
import { recordAudit } from './tokens/audit.ts';

/** Keeps no process alive. */
const wait = (seconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, seconds * 1000).unref();
  });

/** A request is told within a second that the database does not answer; whoever runs a command can wait. */
const [requestPatienceSeconds, commandPatienceSeconds] = [0.9, 30];

/** @throws {OperatorError} where the ring is there and the database was lost, beside what openDatabase throws. */
const openOwnDatabase = (config: Config, options: PoolOptions, log?: Log): Promise<OpenedStore> => {
  const { databaseUrl } = config;
  if (!isPostgresUrl(databaseUrl)) assertNotLost(sqliteFileOf(databaseUrl), config);
  return openDatabase(databaseUrl, systemClock, options, log);
};

/** For the length of a command. */
export const openStore = async (config: Config): Promise<Store> =>
  (await openOwnDatabase(config, { connections: 2, patienceSeconds: commandPatienceSeconds })).store;

/** Opens the KEK ring; on loopback, with a database that has no keys yet, makes one. */
const openVault = async (config: Config, store: SigningKeyStore): Promise<KeyVault> => {
  if (config.kekRing !== undefined) return createJoseKeyVault(parseKekRing(config.kekRing, 'KEYTURN_KEK_RING'));
  const { keys } = await store.readSigningKeys();
  if (config.loopback && keys.length === 0) makeKekRingFile(config.kekRingFile);
  return createJoseKeyVault(readKekRingFile(config.kekRingFile, config.credentials));
};

export const openRotation = async (
  config: Config,
  store: SigningKeyStore & Pick<AuditStore, 'appendAudit'>,
): Promise<RotationParts> => ({
  issuer: config.issuer,
  policy: config.policy,
  store,
  vault: await openVault(config, store),
  onKeyEvent: (type, kid) => recordAudit(`key.${type}`, { details: { kid } }, { store, clock: systemClock }),
});

/** How many processes serve together. */
export const processesOf = ({ processes }: Config): number =>
  processes === 'auto' ? availableParallelism() : processes;

/** Each has a thread of low priority, and 19 MiB. One core is left for all else, and the processes share the others. */
export const hashesAtOnce = (processes: number, cores = availableParallelism()): number =>
  Math.min(2, Math.max(1, Math.floor((cores - 1) / processes)));
/** Over all processes: how long one waits is bounded, not how many processes there are. */
const hashesWaiting = 128;
/** Each is a request whose body was not read yet. */
const pagesWaiting = 256;

const createProvider = async (
  config: Config,
  log: Log,
  { store: opened, rateLimiter, fence }: OpenedStore,
  counted: NodeMetrics | undefined,
): Promise<Provider> => {
  const metrics = counted ?? noMetrics;
  const store = counted === undefined ? opened : watchStore(opened, counted);
  await assertResourcesFit(config, store);
  const parts = await openRotation(config, store);
  const keyRing = new KeyRing({ ...parts, clock: systemClock, signers: nodeCryptoSigners, log, wait });
  await keyRing.refresh();
  const keyHistory = createKeyHistory({ ...parts, store, keyRing });
  await writeHistory({ keyHistory, log });
  const processes = processesOf(config);
  const passwordHasher = boundPasswordHasher(
    createThreadedPasswordHasher(nodeRsPasswordHasher, log),
    hashesAtOnce(processes),
    Math.ceil(hashesWaiting / processes),
    metrics.passwordHashed,
  );
  counted?.observe(() => {
    const { running, waiting } = passwordHasher.queue();
    return { ...keyRing.facts(), hashesRunning: running, hashesWaiting: waiting };
  });
  return {
    config,
    clock: systemClock,
    store,
    ...(fence && { storeFence: fence }),
    keyRing,
    keyHistory,
    keySetReaders: createKeySetReaders({ keyRing, clock: systemClock, store }),
    log,
    metrics,
    ...createRevocationParts({ store, clock: systemClock, config, keyRing, polled: true, pause: setImmediate }),
    deflate: nodeZlibDeflate,
    takeTurn: createEventLoopTurns(pagesWaiting),
    takeSignInTurn: createIdleTurns(pagesWaiting),
    passwordHasher,
    rateLimiter,
    localRateLimiter: createMemoryRateLimiter(systemClock),
    outboundHttp: createNodeOutboundHttp(config.loopback),
  };
};

/** A provider whose active keys are open and proved. @throws {OperatorError | KeyVaultError} saying what to put right. */
export const openProvider = async (
  config: Config,
  log: Log,
  opened?: OpenedStore,
  counted?: NodeMetrics,
): Promise<Provider> => {
  const options = { connections: config.databaseConnections, patienceSeconds: requestPatienceSeconds };
  const database = opened ?? (await openOwnDatabase(config, options, log));
  try {
    return await createProvider(config, log, database, counted);
  } catch (error) {
    // Open connections would keep the process from ending.
    await database.store.close();
    throw error;
  }
};

/** Of a database that came back a node that signs nothing any more is to know soon. */
const tryAgainSeconds = 2;

/** Refreshes the key ring as often as timing.ts says. @returns how to stop. */
export const keepKeysFresh = ({ keyRing, keyHistory, config, log }: Provider): (() => void) => {
  const { policy } = config;
  let timer: NodeJS.Timeout;
  const refresh = async (): Promise<void> => {
    let waitSeconds = refreshAfterSeconds(policy);
    try {
      waitSeconds = refreshAfterSeconds(policy, await keyRing.refresh());
      await writeHistory({ keyHistory, log });
    } catch (error) {
      if (error instanceof StoreUnavailableError) waitSeconds = Math.min(waitSeconds, tryAgainSeconds);
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

const readRevocationsEverySeconds = 0.25;

/** Reads what is revoked again and again: by it lists and feed are as new as they say. @returns how to stop, which ends the feed's streams. */
export const keepRevocationsFresh = ({ revocations, log }: Provider): (() => void) => {
  let failing = false;
  const read = async (): Promise<void> => {
    try {
      await revocations.refresh();
      failing = false;
    } catch (error) {
      if (!failing)
        log.error({ reason: String(error) }, 'what is revoked could not be read; lists and feed stand still');
      failing = true;
    }
    if (!revocations.closed) timer = setTimeout(read, readRevocationsEverySeconds * 1000);
  };
  let timer = setTimeout(read, 0);
  return () => {
    revocations.close();
    clearTimeout(timer);
  };
};

/** Delivers logout tokens, makes status lists ahead, counts who read the key set and deletes what expired, again and again. @returns how to stop. */
export const keepHouse = (provider: Provider): (() => void) => {
  const running = new Set<Chore>();
  const run = async (chore: Chore): Promise<void> => {
    if (running.has(chore)) return;
    running.add(chore);
    await attempt(chore, provider);
    running.delete(chore);
  };
  const begin = (chore: Chore): void => {
    run(chore).catch(() => undefined);
  };
  begin(prepare);
  const timers = chores.map((chore) => setInterval(begin, chore.everySeconds * 1000, chore));
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
};
