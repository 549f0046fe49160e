// The Cloudflare Workers entry: builds a Provider from the bindings, once an isolate, and hands it requests and cron
// triggers. docs/deploying-on-workers.md says what differs from Node, and why.
import wasm from '@phi-ag/argon2/argon2.wasm';
import { createArgon2Wasm } from './adapters/argon2_wasm.ts';
import { boundPasswordHasher } from './adapters/bounded_password_hasher.ts';
import { createSharedDocuments } from './adapters/cache_api.ts';
import { createConsoleLog } from './adapters/console_log.ts';
import { openD1 } from './adapters/d1.ts';
import { createD1Migrations } from './adapters/d1_migrations.ts';
import { createEventTime } from './adapters/event_time.ts';
import { createFetchOutboundHttp } from './adapters/fetch_outbound_http.ts';
import { createJoseKeyVault, parseKekRing } from './adapters/jose_key_vault.ts';
import { createMemoryRateLimiter } from './adapters/memory_rate_limiter.ts';
import { nodeZlibDeflate } from './adapters/node_zlib_deflate.ts';
import { createPostLimiter } from './adapters/ratelimit_binding.ts';
import { systemClock } from './adapters/system_clock.ts';
import { webCryptoSigners } from './adapters/web_crypto_signer.ts';
import { settingsAmong } from './adapters/worker_bindings.ts';
import { type Config, readConfig, unknownSettings } from './config.ts';
import { OperatorError } from './errors.ts';
import { assertResourcesFit } from './housekeeping.ts';
import { createIsolate, type Isolate } from './isolate.ts';
import { createKeySetReaders } from './keys/count_readers.ts';
import { createKeyHistory } from './keys/keep_key_history.ts';
import { KeyRing } from './keys/key_ring.ts';
import { type RotationParts, readRings } from './keys/rotation.ts';
import { noMetrics } from './seams/metrics.ts';
import type { Store } from './seams/store.ts';
import { createSharedAnswers, type SharedAnswers } from './shared_answers.ts';
import { createRevocationParts } from './status_lists/revocation_parts.ts';
import { recordAudit } from './tokens/audit.ts';

/** What wrangler.toml binds. Settings and secrets are texts beside these, named as on Node. */
export interface Env {
  readonly DB?: D1Database;
  /** For the pages that people sign in with, an allowance of each address; may be left out. */
  readonly ADDRESS_LIMIT?: RateLimit;
  readonly [setting: string]: unknown;
}

/** One after the other: a hash runs to its end on the isolate's only thread, in one piece of WebAssembly memory. */
const hashesAtOnce = 1;
const hashesWaiting = 32;
/** How long an isolate that could not be opened answers so without trying again. */
const openAgainSeconds = 1;

/**
 * How long a request may wait for D1 in all, below the 30 s that Cloudflare lets it go on once its client is gone: what is
 * cut off there never settles, and others of the isolate may be waiting for it.
 */
const requestSeconds = 28;
const eventTime = createEventTime(systemClock);

const databaseOf = ({ DB }: Env): D1Database => {
  if (DB === undefined)
    throw new OperatorError(
      'The binding DB is missing: make the D1 database, and name it under [[d1_databases]] in wrangler.toml with binding = "DB": docs/deploying-on-workers.md.',
    );
  return DB;
};

const rotationParts = (config: Config, store: Store): RotationParts => {
  const { issuer, policy, kekRing } = config;
  if (kekRing === undefined)
    throw new OperatorError(
      'The secret KEYTURN_KEK_RING is missing, without which no signing key opens. Put it with "npx wrangler secret put KEYTURN_KEK_RING": docs/deploying-on-workers.md.',
    );
  return {
    issuer,
    policy,
    store,
    vault: createJoseKeyVault(parseKekRing(kekRing, 'KEYTURN_KEK_RING')),
    onKeyEvent: (type, kid) => recordAudit(`key.${type}`, { details: { kid } }, { store, clock: systemClock }),
  };
};

/** Longer than on Node, since an isolate that idled has a view of long ago; verifiers wait for 5 s. */
const keySetSeconds = 4;
const waitForKeySet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, keySetSeconds * 1000));

/** Of the database, as it was found at the last opening. */
let lacking: string | undefined;

const openIsolate = async (env: Env, shared: SharedAnswers): Promise<Isolate> => {
  const settings = settingsAmong(env);
  const config = readConfig(settings);
  const clock = systemClock;
  const log = createConsoleLog(config.logLevel);
  for (const name of unknownSettings(settings))
    log.warn({ setting: name }, 'there is no such setting, so it changes nothing: docs/configuration.md lists them');
  const database = databaseOf(env);
  const { store, rateLimiter } = openD1(database, clock, eventTime.secondsLeft);
  const storeSchema = createD1Migrations(database, clock, eventTime.secondsLeft);
  lacking = await storeSchema.lack();
  if (lacking !== undefined) log.error({ reason: lacking }, 'not ready: what needs no migration is served');
  const parts = rotationParts(config, store);
  await assertResourcesFit(config, store);
  // Requests read the rings, and make the first keys where there are none; the cron trigger turns them.
  const keyRing = new KeyRing({
    ...parts,
    clock,
    signers: webCryptoSigners,
    log,
    turn: readRings,
    wait: waitForKeySet,
  });
  await keyRing.refresh();
  const keyHistory = createKeyHistory({ ...parts, store, keyRing });
  const provider = {
    ...{ config, clock, store, storeSchema, keyRing, keyHistory, log, rateLimiter, metrics: noMetrics },
    keySetReaders: createKeySetReaders({ keyRing, clock, store }),
    ...createRevocationParts({ store, clock, config, keyRing, polled: false }),
    deflate: nodeZlibDeflate,
    takeTurn: async () => undefined,
    takeSignInTurn: async () => undefined,
    passwordHasher: boundPasswordHasher(createArgon2Wasm(new WebAssembly.Instance(wasm)), hashesAtOnce, hashesWaiting),
    localRateLimiter: createMemoryRateLimiter(clock),
    outboundHttp: createFetchOutboundHttp(config.loopback),
    ...(env.ADDRESS_LIMIT && { postLimiter: createPostLimiter(env.ADDRESS_LIMIT) }),
  };
  return createIsolate(provider, parts, shared);
};

let shared: SharedAnswers | undefined;
/** What may be answered before anything is opened. @throws {OperatorError} where the settings cannot be used. */
const sharedOf = (env: Env): SharedAnswers => {
  shared ??= createSharedAnswers(
    { config: readConfig(settingsAmong(env)), clock: systemClock },
    createSharedDocuments(caches.default),
  );
  return shared;
};

let opening: Promise<Isolate> | undefined;
let isOpen = false;
let failedAt = Number.NEGATIVE_INFINITY;

/** The isolate's own Provider, opened by its first event. One that did not open is tried again. */
const isolateOf = (env: Env, context: ExecutionContext): Promise<Isolate> => {
  if (opening !== undefined) return opening;
  const opened = Promise.resolve().then(() => openIsolate(env, sharedOf(env)));
  opening = opened;
  // Requests that came meanwhile wait for it too: it must not end with the first one's client.
  context.waitUntil(
    opened.then(
      () => {
        isOpen = true;
      },
      (error: unknown) => {
        failedAt = systemClock.monotonicSeconds();
        opening = undefined;
        createConsoleLog('error').error({ reason: String(error) }, 'the issuer could not be opened');
      },
    ),
  );
  return opened;
};

const unavailable = (): Response =>
  Response.json(
    {
      error: 'temporarily_unavailable',
      error_description: `The issuer could not be opened${lacking === undefined ? '' : `: ${lacking}`}. Its log says why.`,
    },
    { status: 503, headers: { 'Cache-Control': 'no-store', 'Retry-After': String(openAgainSeconds) } },
  );

/** For an isolate that is cold: a key set or a list that others of the data centre have made. */
const findKept = async (request: Request, env: Env): Promise<Response | undefined> => {
  try {
    return await sharedOf(env).find(request);
  } catch {
    // Settings that cannot be used: opening says so in the log.
    return undefined;
  }
};

const answer = async (request: Request, env: Env, context: ExecutionContext): Promise<Response> => {
  const kept = isOpen ? undefined : await findKept(request, env);
  if (kept !== undefined) {
    isolateOf(env, context).catch(() => undefined);
    return kept;
  }
  if (systemClock.monotonicSeconds() - failedAt < openAgainSeconds) return unavailable();
  const remoteAddress = request.headers.get('CF-Connecting-IP') ?? undefined;
  const isolate = await isolateOf(env, context).catch(() => undefined);
  return isolate?.answer(request, remoteAddress, context.waitUntil.bind(context)) ?? unavailable();
};

export default {
  fetch: (request, env, context) => {
    const answering = eventTime.run(requestSeconds, () => answer(request, env, context));
    // A client that goes away would cut it off, and whoever waits for what it had begun would wait for ever.
    context.waitUntil(answering.catch(() => undefined));
    return answering;
  },
  scheduled: async (_event, env, context) => {
    const isolate = await isolateOf(env, context);
    await isolate.keepHouse();
  },
} satisfies ExportedHandler<Env>;
