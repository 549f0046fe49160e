// The settings: every environment variable Keyturn reads, with its meaning, its default and its bounds.
// config.ts reads and cross-checks them; docs/configuration.md is generated from here.
import { z } from 'zod';

const wholeNumber = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d{1,10}$/, 'expected a whole number, in digits')
    .transform(Number)
    .pipe(z.number().min(minimum, `expected at least ${minimum}`).max(maximum, `expected at most ${maximum}`));

const day = 86400;
const year = 366 * day;

const loopbackHosts = ['localhost', '127.0.0.1', '[::1]'];
export const isLoopback = (url: string): boolean => loopbackHosts.includes(new URL(url).hostname);

/** What the router decodes, or reads as a pattern: nothing would be served there, or the same at other paths as well. */
const unservable = /[%*|]|\/:/;

const issuer = z.string().check((context) => {
  const found = context.value;
  const complain = (message: string): void => {
    context.issues.push({ code: 'custom', input: found, message });
  };
  if (!URL.canParse(found)) return complain('expected an absolute URL, like https://id.example.com');
  const url = new URL(found);
  const loopback = loopbackHosts.includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback))
    return complain(`expected https; http is for loopback alone: ${loopbackHosts.join(', ')} (RFC 8414 §2)`);
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '' || /[?#]/.test(found))
    return complain('expected no query, fragment or user name in it (RFC 8414 §2)');
  const canonical = url.href.replace(/\/+$/, '');
  if (canonical !== found)
    return complain(`expected it in canonical form, ${canonical}: verifiers compare it byte for byte (RFC 8414 §3.3)`);
  if (unservable.test(url.pathname))
    complain(
      'expected no %, * or | and no segment that starts with a colon in its path, which is not served as written',
    );
});

const processes = z
  .string()
  .regex(/^(auto|\d{1,10})$/, 'expected auto, or a whole number, in digits')
  .transform((text) => (text === 'auto' ? text : Number(text)))
  .pipe(z.union([z.literal('auto'), z.number().min(1, 'expected at least 1').max(64, 'expected at most 64')]));

const setting = <Schema extends z.ZodType>(schema: Schema, description: string, fallback?: string) => ({
  schema,
  description,
  fallback,
});

/** Keyed by environment variable; `fallback` is the default as it would be written, absent when it is derived. */
export const settings = {
  KEYTURN_ISSUER: setting(
    issuer,
    'The issuer identifier: the `iss` of every token and the start of every URL in the metadata. HTTPS, or http on loopback. Never taken from a request.',
    'http://localhost:3000',
  ),
  KEYTURN_HOST: setting(
    z.string().min(1),
    'The address to listen on. `0.0.0.0` listens on all. Default: `::1` where the issuer is at `[::1]`.',
  ),
  KEYTURN_PORT: setting(
    wholeNumber(1, 65535),
    "The port to listen on. Default: the issuer's port when the issuer is on loopback, else 3000.",
  ),
  KEYTURN_DATABASE_URL: setting(
    z
      .string()
      .regex(
        /^(?:file:.+|postgres(?:ql)?:\/\/[^/?#]*\/[^/?#].*)$/,
        'expected file:PATH, the SQLite file, or postgres://USER:PASSWORD@HOST:PORT/DATABASE',
      ),
    'The database: `file:PATH` is an SQLite file, made on first start; `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full` is for many nodes. The password may be in `PGPASSWORD` instead.',
    'file:keyturn.sqlite',
  ),
  KEYTURN_DATABASE_CONNECTIONS: setting(
    wholeNumber(1, 1000),
    'The most connections that one process opens to Postgres.',
    '10',
  ),
  KEYTURN_KEK_RING: setting(
    z.string().min(1),
    'The ring of key-encryption keys itself, as a JWK Set of 256-bit `oct` keys; the first wraps, all unwrap. Takes precedence over `KEYTURN_KEK_RING_FILE`.',
  ),
  KEYTURN_KEK_RING_FILE: setting(
    z.string().min(1),
    'The file that holds the ring, mode 0600. On a loopback issuer it is made on first start.',
    'keys/kek_ring.json',
  ),
  KEYTURN_ROTATION_PERIOD_SECONDS: setting(
    wholeNumber(1, 10 * year),
    'How long a key signs. After that each ring (ES256, RS256) turns to its next key.',
    `${30 * day}`,
  ),
  KEYTURN_LEAD_SECONDS: setting(
    wholeNumber(0, year),
    'How long a key is published before it signs. Default: the least that is safe, P + S + max(A, V) + 2E + F; less is refused.',
  ),
  KEYTURN_GRACE_SECONDS: setting(
    wholeNumber(0, 10 * year),
    'How long a key stays published after it last signed. Default: the least that is safe, P + T + L + 2E; less is refused.',
  ),
  KEYTURN_MAX_TOKEN_SECONDS: setting(
    wholeNumber(1, year),
    'T: the longest lifetime of any token. A resource may not ask for more.',
    '3600',
  ),
  KEYTURN_ACCESS_TOKEN_SECONDS: setting(
    wholeNumber(1, year),
    'The lifetime of access tokens for resources that are added without `--access-token-seconds`.',
    '600',
  ),
  KEYTURN_ID_TOKEN_SECONDS: setting(wholeNumber(1, year), 'The lifetime of ID tokens.', '600'),
  KEYTURN_REFRESH_TOKEN_SECONDS: setting(
    wholeNumber(1, 10 * year),
    'How long a refresh token may stay unused. Each use gives a new one.',
    `${30 * day}`,
  ),
  KEYTURN_REFRESH_FAMILY_SECONDS: setting(
    wholeNumber(1, 10 * year),
    'How long after a sign-in its tokens can be refreshed at most.',
    `${year}`,
  ),
  KEYTURN_REFRESH_RETRY_SECONDS: setting(
    wholeNumber(0, 300),
    'For how long after its use a refresh token gets the same answer again (a lost reply, two tabs); where a token in it has expired, it gets new ones. Reused later, it ends the family.',
    '10',
  ),
  KEYTURN_SESSION_IDLE_SECONDS: setting(
    wholeNumber(1, 10 * year),
    'After how long without a visit the end-user of a signed-in browser has to sign in again. Their applications can refresh tokens until the session is ended.',
    `${day}`,
  ),
  KEYTURN_SESSION_SECONDS: setting(wholeNumber(1, 10 * year), 'How long a sign-in lasts at most.', `${14 * day}`),
  KEYTURN_AUDIT_SECONDS: setting(
    wholeNumber(0, 100 * year),
    'How long the audit log keeps what people did and what came of it: sign-ins, sessions, consents, tokens started, ended and revoked. What operators did to users, clients, resources and keys is always kept. 0 keeps everything for ever.',
    '0',
  ),
  KEYTURN_SIGN_UP: setting(
    z.enum(['on', 'off']),
    'Whether people may create their own account on the sign-up page, which an application opens with `prompt=create`.',
    'off',
  ),
  KEYTURN_TRUSTED_PROXIES: setting(
    wholeNumber(0, 16),
    'How many proxies in front of Keyturn add to `X-Forwarded-For`. With 0 the header is ignored.',
    '0',
  ),
  KEYTURN_CLIENT_REQUESTS_PER_SECOND: setting(
    wholeNumber(0, 1_000_000),
    'How many tokens per second one client may get from one process, for each grant type; a burst may be ten times as many. A public client, which anybody can name, has this limit per address. 0 sets no limit.',
    '10000',
  ),
  KEYTURN_JWKS_MAX_AGE_SECONDS: setting(wholeNumber(0, day), 'A: the `max-age` the key set is served with.', '300'),
  KEYTURN_SHARED_CACHE_SECONDS: setting(
    wholeNumber(0, 30 * day),
    'S: how much older a shared cache between issuer and verifier (CDN, proxy) may make the key set; count its TTL, stale-while-revalidate and stale-if-error.',
    '300',
  ),
  KEYTURN_SLOWEST_VERIFIER_SECONDS: setting(
    wholeNumber(0, 90 * day),
    'V: how long the slowest verifier you support keeps a key set, whatever `Cache-Control` says (jose 600, PyJWT 300, jwks-rsa 600, .NET 46800).',
    '46800',
  ),
  KEYTURN_SNAPSHOT_SECONDS: setting(
    wholeNumber(1, 3600),
    "P: how old a node's view of the keys may be while it signs. Nodes read the keys every P/3, and stop signing past P.",
    '30',
  ),
  KEYTURN_CLOCK_ERROR_SECONDS: setting(
    wholeNumber(0, 3600),
    "E: how far a node's clock may be from the database's. Past it the node stops signing.",
    '5',
  ),
  KEYTURN_LEEWAY_SECONDS: setting(
    wholeNumber(0, 3600),
    'L: how far past `exp` your verifiers still accept a token (.NET 300).',
    '300',
  ),
  KEYTURN_FETCH_TIMEOUT_SECONDS: setting(
    wholeNumber(0, 300),
    "F: how long a verifier's fetch of the key set may take (jwks-rsa 30, jose 5).",
    '30',
  ),
  KEYTURN_STATUS_LIST_TTL_SECONDS: setting(
    wholeNumber(1, 3600),
    'How long a verifier may keep a Token Status List before it asks for a newer one (`ttl`). Verifiers know of a revocation within twice that.',
    '30',
  ),
  KEYTURN_STATUS_LIST_PLACES: setting(
    wholeNumber(1024, 2 ** 24),
    'How many tokens one Token Status List has room for. In a larger list a single token is better hidden; a smaller list is quicker to fetch.',
    `${2 ** 20}`,
  ),
  KEYTURN_ADMIN_TOKEN: setting(
    z
      .string()
      .regex(/^[A-Za-z0-9_-]{43,128}$/, 'expected at least 32 random bytes in base64url, which are 43 characters'),
    'The bearer token that opens `/admin/store`, for `npx keyturn --remote`. At least 32 random bytes in base64url. Unless it is set, there is no such path.',
  ),
  KEYTURN_REMOTE: setting(
    issuer,
    'The issuer that commands administer through its `/admin/store`, instead of a database on this machine; the same as `--remote`.',
  ),
  KEYTURN_MAX_CONNECTIONS: setting(
    wholeNumber(1, 1_000_000),
    'The most connections a node holds; further ones are closed immediately. It is lowered, with a warning in the log at start, where a process may not open that many files, 128 more, and one per database connection.',
    '10000',
  ),
  KEYTURN_KEEP_ALIVE_SECONDS: setting(
    wholeNumber(1, 3600),
    'How long a connection is kept after an answer. Behind a proxy that keeps connections, longer than it does: a request that meets the end of its connection on the way is a 502.',
    '5',
  ),
  KEYTURN_DRAIN_SECONDS: setting(
    wholeNumber(0, 300),
    'How long requests in flight may take to finish after SIGTERM, SIGINT or SIGHUP.',
    '10',
  ),
  KEYTURN_PROCESSES: setting(
    processes,
    'How many processes serve together, sharing the port and the database, up to 64. `auto` is one for each processor core.',
    '1',
  ),
  KEYTURN_METRICS_PORT: setting(
    wholeNumber(1, 65535),
    'A separate port for `/metrics`, in the Prometheus text format. Default: none.',
  ),
  KEYTURN_METRICS_HOST: setting(
    z.string().min(1),
    'The address that port listens on. Whoever reaches it can read the metrics, unless `KEYTURN_METRICS_TOKEN` is set.',
    '127.0.0.1',
  ),
  KEYTURN_METRICS_TOKEN: setting(
    z.string().regex(/^[\w.~+/-]{16,256}$/, 'expected 16 to 256 characters of A-Z a-z 0-9 - . _ ~ + /'),
    'The bearer token for `/metrics`. If it is set, `/metrics` is served on the main port too; otherwise it never is.',
  ),
  KEYTURN_LOG_LEVEL: setting(
    z.enum(['debug', 'info', 'warn', 'error', 'silent']),
    'The lowest level that is logged: `debug`, `info` (one line per request), `warn`, `error` or `silent`.',
    'info',
  ),
} as const;

export type SettingName = keyof typeof settings;
