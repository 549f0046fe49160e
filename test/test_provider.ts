// A Provider in this process, on the real adapters, with the clock and the log in the test's hands.
import { randomBytes } from 'node:crypto';
import { openBetterSqlite3 } from '../src/adapters/better_sqlite3_store.ts';
import { createEventLoopTurns } from '../src/adapters/event_loop_turns.ts';
import { createIdleTurns } from '../src/adapters/idle_turns.ts';
import { createJoseKeyVault, parseKekRing } from '../src/adapters/jose_key_vault.ts';
import { createMemoryRateLimiter } from '../src/adapters/memory_rate_limiter.ts';
import { nodeCryptoSigners } from '../src/adapters/node_crypto_signer.ts';
import { createNodeOutboundHttp } from '../src/adapters/node_outbound_http.ts';
import { nodeRsPasswordHasher } from '../src/adapters/node_rs_password_hasher.ts';
import { nodeZlibDeflate } from '../src/adapters/node_zlib_deflate.ts';
import { type App, createApp } from '../src/app.ts';
import { hashClientSecret } from '../src/client_authentication/client_secret.ts';
import { type Environment, readConfig } from '../src/config.ts';
import { createKeySetReaders } from '../src/keys/count_readers.ts';
import { createKeyHistory } from '../src/keys/keep_key_history.ts';
import { KeyRing } from '../src/keys/key_ring.ts';
import type { Provider } from '../src/provider.ts';
import { type Client, clientDefaults } from '../src/seams/client_store.ts';
import type { Log } from '../src/seams/log.ts';
import { type Metrics, noMetrics } from '../src/seams/metrics.ts';
import type { Resource } from '../src/seams/resource_store.ts';
import type { SignerFactory } from '../src/seams/signer.ts';
import type { Store } from '../src/seams/store.ts';
import { createRevocationParts } from '../src/status_lists/revocation_parts.ts';
import { makeResource } from './contracts/records.ts';
import { createKeyMaker } from './made_keys.ts';
import { createManualClock, type ManualClock } from './manual_clock.ts';

/** The ring's text, made up for this run. */
export const makeKekRing = (kid = 'kek-test'): string =>
  JSON.stringify({ keys: [{ kty: 'oct', kid, k: randomBytes(32).toString('base64url') }] });

export interface LogRecord {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface RecordedLog extends Log {
  readonly records: LogRecord[];
}

export const createRecordedLog = (): RecordedLog => {
  const records: LogRecord[] = [];
  const record = (level: LogRecord['level']) => (fields: object, message: string) => {
    records.push({ level, message, fields: { ...fields } });
  };
  return { records, info: record('info'), warn: record('warn'), error: record('error') };
};

export interface TestProviderOptions {
  readonly environment?: Environment;
  readonly databasePath?: string;
  readonly kekRing?: string;
  readonly clock?: ManualClock;
  readonly signers?: SignerFactory;
  readonly metrics?: Metrics;
}

export interface TestProvider extends Provider {
  readonly clock: ManualClock;
  readonly log: RecordedLog;
  readonly app: App;
}

/** In a file, its RSA keys are made, about a fifth of a second: share it between the tests. */
export const createTestProvider = async ({
  environment = {},
  databasePath = ':memory:',
  kekRing = makeKekRing(),
  clock = createManualClock(),
  signers = nodeCryptoSigners,
  metrics = noMetrics,
}: TestProviderOptions = {}): Promise<TestProvider> => {
  const config = readConfig({ KEYTURN_ISSUER: 'https://id.example.com', ...environment });
  const log = createRecordedLog();
  const { store, rateLimiter } = openBetterSqlite3(databasePath, clock);
  const vault = createJoseKeyVault(parseKekRing(kekRing, 'a test'));
  const keyRing = new KeyRing({
    issuer: config.issuer,
    policy: config.policy,
    store,
    vault,
    clock,
    signers,
    log,
    ...(databasePath === ':memory:' && { generateKey: createKeyMaker() }),
  });
  await keyRing.refresh();
  const provider = {
    config,
    clock,
    store,
    keyRing,
    keyHistory: createKeyHistory({ issuer: config.issuer, policy: config.policy, store, keyRing }),
    keySetReaders: createKeySetReaders({ keyRing, clock, store }),
    log,
    metrics,
    rateLimiter,
    localRateLimiter: createMemoryRateLimiter(clock),
    ...createRevocationParts({ store, clock, config, keyRing, polled: true }),
    deflate: nodeZlibDeflate,
    takeTurn: createEventLoopTurns(256),
    takeSignInTurn: createIdleTurns(256),
    passwordHasher: nodeRsPasswordHasher,
    outboundHttp: createNodeOutboundHttp(config.loopback),
  };
  return { ...provider, app: createApp(provider) };
};

export const registeredResource = 'https://api.example.com';
export const registeredSecret = 'a secret-of:the+client%é';

type Registrar = Pick<Store, 'addClient' | 'addResource'>;

/** Registers a resource; `overrides` say how it differs from an ordinary one. */
export const addResource = async (store: Registrar, overrides: Partial<Resource> = {}): Promise<Resource> => {
  const resource = makeResource(registeredResource, overrides);
  if (!(await store.addResource(resource))) throw new TypeError(`the resource ${resource.resource} is taken`);
  return resource;
};

/** Registers a confidential client with the secret `registeredSecret`; `overrides` say how it differs. */
export const addClient = async (
  store: Registrar,
  clientId: string,
  overrides: Partial<Client> = {},
): Promise<Client> => {
  const client: Client = {
    ...clientDefaults,
    clientId,
    grantTypes: ['client_credentials'],
    scope: ['read', 'write'],
    resources: [registeredResource],
    clientSecretSha256: hashClientSecret(registeredSecret),
    clientIdIssuedAt: 1_800_000_000,
    ...overrides,
  };
  if (!(await store.addClient(client))) throw new TypeError(`the client ${clientId} is taken`);
  return client;
};

const formEncode = (value: string): string => new URLSearchParams({ v: value }).toString().slice('v='.length);

/** The Authorization header of client_secret_basic. RFC 6749 §2.3.1. */
export const basic = (clientId: string, secret: string = registeredSecret): string =>
  `Basic ${Buffer.from(`${formEncode(clientId)}:${formEncode(secret)}`).toString('base64')}`;

/** What a test sends: a body, or the parameters of one. */
export type Form = string | Readonly<Record<string, string>>;

export const formContentType = 'application/x-www-form-urlencoded';

/** POSTs a form to the token endpoint of an issuer at the root of its host. */
export const postToken = (app: App, form: Form, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  Promise.resolve(
    app.request('/token', {
      method: 'POST',
      headers: { 'Content-Type': formContentType, ...headers },
      body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    }),
  );

export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly scope?: string;
  readonly error?: string;
  readonly error_description?: string;
}

/** The body of an answer of the token endpoint; members are there or not as the endpoint saw fit. */
export const tokenAnswer = async (response: Response): Promise<TokenAnswer> => (await response.json()) as TokenAnswer;
