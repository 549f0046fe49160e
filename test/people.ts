// People at an issuer in this process: real adapters, the clock in the test's hands, and browsers that keep cookies and
// walk through the pages as a person does.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { openBetterSqlite3 } from '../src/adapters/better_sqlite3_store.ts';
import { boundPasswordHasher } from '../src/adapters/bounded_password_hasher.ts';
import { createEventLoopTurns } from '../src/adapters/event_loop_turns.ts';
import { createJoseKeyVault, parseKekRing } from '../src/adapters/jose_key_vault.ts';
import { createMemoryRateLimiter } from '../src/adapters/memory_rate_limiter.ts';
import { nodeCryptoSigners } from '../src/adapters/node_crypto_signer.ts';
import { createNodeOutboundHttp } from '../src/adapters/node_outbound_http.ts';
import { nodeRsPasswordHasher } from '../src/adapters/node_rs_password_hasher.ts';
import { nodeZlibDeflate } from '../src/adapters/node_zlib_deflate.ts';
import type { OpenedStore } from '../src/adapters/sql_store.ts';
import { type App, createApp } from '../src/app.ts';
import { type Environment, readConfig } from '../src/config.ts';
import { createKeySetReaders } from '../src/keys/count_readers.ts';
import { createKeyHistory } from '../src/keys/keep_key_history.ts';
import { KeyRing } from '../src/keys/key_ring.ts';
import type { Provider } from '../src/provider.ts';
import type { Client } from '../src/seams/client_store.ts';
import type { Log } from '../src/seams/log.ts';
import { type Metrics, noMetrics } from '../src/seams/metrics.ts';
import type { OutboundHttp } from '../src/seams/outbound_http.ts';
import type { PasswordHasher } from '../src/seams/password_hasher.ts';
import type { User } from '../src/seams/user_store.ts';
import { createRevocationParts } from '../src/status_lists/revocation_parts.ts';
import { makeClient, makeUser, now } from './contracts/records.ts';
import { createKeyMaker } from './made_keys.ts';
import { createManualClock, type ManualClock } from './manual_clock.ts';

export const issuer = 'https://id.example.com';
export const redirectUri = 'https://app.example.com/callback';
export const password = 'nine quiet otters juggling';
export const codeVerifier = randomBytes(32).toString('base64url');
export const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url');

export interface LogRecord {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Counts what a PasswordHasher is asked to do. */
export interface CountedHasher extends PasswordHasher {
  readonly counts: { hash: number; verify: number };
}

const countHashes = (hasher: PasswordHasher): CountedHasher => {
  const counts = { hash: 0, verify: 0 };
  return {
    counts,
    hash: (chosen) => {
      counts.hash += 1;
      return hasher.hash(chosen);
    },
    verify: (passwordHash, presented) => {
      counts.verify += 1;
      return hasher.verify(passwordHash, presented);
    },
    accepts: (passwordHash) => hasher.accepts(passwordHash),
    needsRehash: (passwordHash) => hasher.needsRehash(passwordHash),
  };
};

/** A stand-in that costs nothing, for tests of thousands of attempts. */
export const cheapHasher: PasswordHasher = {
  hash: async (chosen) => `cheap$${chosen}`,
  verify: async (passwordHash, presented) => passwordHash === `cheap$${presented}`,
  accepts: () => true,
  needsRehash: () => false,
};

export interface PeopleOptions {
  readonly environment?: Environment;
  readonly databasePath?: string;
  /** A store of another database, by the same clock. */
  readonly opened?: OpenedStore;
  readonly kekRing?: string;
  readonly clock?: ManualClock;
  readonly passwordHasher?: PasswordHasher;
  readonly outboundHttp?: OutboundHttp;
  readonly metrics?: Metrics;
}

export interface People extends Provider {
  readonly app: App;
  readonly clock: ManualClock;
  readonly passwordHasher: CountedHasher;
  readonly records: readonly LogRecord[];
  /** Time goes by, and the key ring is kept fresh as the entry does: what only advances the clock past P signs nothing. */
  pass(seconds: number): Promise<void>;
  /** The client `app` is there from the start: public, third-party, with everything OpenID Connect has. */
  addClient(clientId: string, overrides?: Partial<Client>): Promise<Client>;
  /** With the password above. `ada` is there from the start. */
  addUser(username: string, overrides?: Partial<User>): Promise<User>;
  /** A browser of its own, from an address of its own unless one is given. */
  openBrowser(remoteAddress?: string, userAgent?: string): Browser;
}

const makeKekRing = (): string =>
  JSON.stringify({ keys: [{ kty: 'oct', kid: 'kek-test', k: randomBytes(32).toString('base64url') }] });

const recordTo = (records: LogRecord[]): Log => {
  const record = (level: LogRecord['level']) => (fields: object, message: string) => {
    records.push({ level, message, fields: { ...fields } });
  };
  return { info: record('info'), warn: record('warn'), error: record('error') };
};

/** In a file, its RSA keys are made, about a fifth of a second: share it between the tests. */
export const openPeople = async ({
  environment = {},
  databasePath = ':memory:',
  kekRing = makeKekRing(),
  clock = createManualClock(now),
  opened,
  passwordHasher = boundPasswordHasher(nodeRsPasswordHasher, 2, 32),
  outboundHttp = createNodeOutboundHttp(true),
  metrics = noMetrics,
}: PeopleOptions = {}): Promise<People> => {
  const config = readConfig({ KEYTURN_ISSUER: issuer, ...environment });
  const records: LogRecord[] = [];
  const log = recordTo(records);
  const { store, rateLimiter } = opened ?? openBetterSqlite3(databasePath, clock);
  const isItsOwn = opened === undefined && databasePath === ':memory:';
  const vault = createJoseKeyVault(parseKekRing(kekRing, 'a test'));
  const parts = {
    ...{ issuer: config.issuer, policy: config.policy, store, vault },
    ...(isItsOwn && { generateKey: createKeyMaker() }),
  };
  const keyRing = new KeyRing({ ...parts, clock, signers: nodeCryptoSigners, log });
  await keyRing.refresh();
  const counted = countHashes(passwordHasher);
  const localRateLimiter = createMemoryRateLimiter(clock);
  const keyHistory = createKeyHistory({ ...parts, keyRing });
  const keySetReaders = createKeySetReaders({ keyRing, clock, store });
  const revoking = {
    ...createRevocationParts({ store, clock, config, keyRing, polled: true }),
    deflate: nodeZlibDeflate,
    takeTurn: createEventLoopTurns(256),
    takeSignInTurn: async () => undefined,
  };
  const kept = { config, clock, store, keyRing, keyHistory, keySetReaders, log, metrics, outboundHttp, ...revoking };
  const provider = { ...kept, rateLimiter, localRateLimiter, passwordHasher: counted };
  const app = createApp(provider);
  const passwordHash = await passwordHasher.hash(password);
  let browsers = 0;
  const addClient: People['addClient'] = async (clientId, overrides = {}) => {
    const scope = ['openid', 'profile', 'email', 'roles', 'offline_access'];
    const client = makeClient(clientId, { redirectUris: [redirectUri], scope, ...overrides });
    await store.addClient(client);
    return client;
  };
  const addUser: People['addUser'] = async (username, overrides = {}) => {
    const email = `${username}@example.com`;
    const user = makeUser(randomUUID(), { username, email, passwordHash, ...overrides });
    await store.addUser(user);
    return user;
  };
  if ((await store.findClient('app')) === undefined) await addClient('app');
  if ((await store.findUserByLogin('ada')) === undefined) await addUser('ada');
  const openBrowser: People['openBrowser'] = (remoteAddress, userAgent) => {
    browsers += 1;
    return createBrowser(app, remoteAddress ?? `198.18.${browsers >> 8}.${browsers & 255}`, userAgent);
  };
  const pass: People['pass'] = async (seconds) => {
    clock.advance(seconds);
    await keyRing.refresh();
  };
  return { ...provider, app, records, pass, addClient, addUser, openBrowser };
};

/** An answer, read. */
export interface Page {
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  /** The Location header; empty where there is none. */
  readonly location: string;
  /** The value of a hidden input; empty where there is none. */
  field(name: string): string;
}

const readPage = async (response: Response): Promise<Page> => {
  const html = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    html,
    location: response.headers.get('Location') ?? '',
    field: (name) => new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? '',
  };
};

export type Fields = Readonly<Record<string, string>>;

export interface Browser {
  /** Cookies by name. */
  readonly jar: Map<string, string>;
  get(path: string, headers?: Fields): Promise<Page>;
  /** Posts a form as a page of ours would; `headers` say how it differs. */
  post(path: string, form: Fields | string, headers?: Fields): Promise<Page>;
  /** Opens the sign-in page and sends it. @param query - as `?interaction=ID`. */
  signIn(login?: string, secret?: string, query?: string): Promise<Page>;
  /** Goes through the pages, signing in and consenting when asked, until it is sent to the client. @returns where to. */
  walk(path: string, login?: string): Promise<URL>;
}

const keepCookies = (jar: Map<string, string>, { headers }: Response): void => {
  for (const cookie of headers.getSetCookie()) {
    const [pair = '', ...attributes] = cookie.split(';').map((part) => part.trim());
    const [name = '', value = ''] = pair.split('=');
    if (attributes.includes('Max-Age=0')) jar.delete(name);
    else jar.set(name, value);
  }
};

const mostSteps = 10;

const createBrowser = (app: App, remoteAddress: string, userAgent: string | undefined): Browser => {
  const jar = new Map<string, string>();
  const send = async (path: string, init: RequestInit): Promise<Page> => {
    const headers = new Headers(init.headers);
    if (userAgent !== undefined) headers.set('User-Agent', userAgent);
    if (jar.size > 0 && !headers.has('Cookie'))
      headers.set('Cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await app.request(path, { ...init, headers }, { remoteAddress });
    keepCookies(jar, response);
    return readPage(response);
  };
  const get: Browser['get'] = (path, headers = {}) => send(path, { headers });
  const post: Browser['post'] = (path, form, headers = {}) =>
    send(path, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        Origin: 'null',
        'Sec-Fetch-Site': 'same-origin',
        ...headers,
      },
      body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    });
  const signIn: Browser['signIn'] = async (login = 'ada', secret = password, query = '') => {
    const page = await get(`/login${query}`);
    const interaction = page.field('interaction');
    const form = { csrf: page.field('csrf'), login, password: secret };
    return post('/login', interaction === '' ? form : { ...form, interaction });
  };
  const consent = async (path: string): Promise<Page> => {
    const page = await get(path);
    const hidden = ['csrf', 'interaction', 'bound_to'].map((name) => [name, page.field(name)]);
    return post('/consent', { ...Object.fromEntries(hidden), decision: 'allow' });
  };
  const step = (path: string, login: string): Promise<Page> => {
    const query = path.slice(path.indexOf('?'));
    if (path.startsWith('/login')) return signIn(login, password, query);
    return path.startsWith('/consent') ? consent(path) : get(path);
  };
  const walk: Browser['walk'] = async (path, login = 'ada') => {
    let next = path;
    for (let steps = 0; steps < mostSteps; steps += 1) {
      const { location, status, html } = await step(next, login);
      if (location === '') throw new Error(`${next} answered ${status}: ${html.slice(-600)}`);
      if (!location.startsWith('/')) return new URL(location);
      next = location;
    }
    throw new Error(`${path} leads nowhere`);
  };
  return { jar, get, post, signIn, walk };
};

/** The query of an authorization request of the client `app`; `overrides` say how it differs, undefined leaves out. */
export const authorizePath = (overrides: Readonly<Record<string, string | undefined>> = {}): string => {
  const parameters = {
    client_id: 'app',
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid profile',
    state: 'af0ifjsldkj',
    nonce: 'n-0S6_WzA2Mj',
    code_challenge: codeChallenge,
    code_challenge_method: 'S256',
    ...overrides,
  };
  const given = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return `/authorize?${new URLSearchParams(given)}`;
};

/** A code for what `overrides` ask, by way of every page. */
export const obtainCode = async (
  browser: Browser,
  overrides: Readonly<Record<string, string | undefined>> = {},
): Promise<string> => {
  const answer = await browser.walk(authorizePath(overrides));
  const code = answer.searchParams.get('code');
  if (code === null) throw new Error(`no code came back: ${answer}`);
  return code;
};

/** Redeems a code at the token endpoint as the client `app`; `overrides` say how it differs. */
export const redeem = (app: App, code: string, overrides: Readonly<Record<string, string | undefined>> = {}) => {
  const form = {
    grant_type: 'authorization_code',
    client_id: 'app',
    code,
    redirect_uri: redirectUri,
    code_verifier: codeVerifier,
    ...overrides,
  };
  const given = Object.entries(form).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return postForm(app, '/token', Object.fromEntries(given));
};

export const postForm = async (app: App, path: string, form: Fields, headers: Fields = {}): Promise<Response> =>
  app.request(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(form).toString(),
  });
