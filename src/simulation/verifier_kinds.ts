// How verifiers keep a key set: one description for each, taken from the source named beside it. What they do with it is
// verifier.ts's.

export interface VerifierKind {
  readonly name: string;
  /** Where the facts are from. */
  readonly source: string;
  /** How long it uses what it fetched; `max-age` is what Cache-Control says. */
  readonly keepsSeconds: number | 'max-age';
  /** What chance adds to that, from and to, in parts of it. */
  readonly jitter: readonly [number, number];
  /** What it keeps and lets expire: the set as a whole, or each key it once looked up. */
  readonly keeps: 'key_set' | 'keys';
  /**
   * Whether an expired set is fetched again before the token is answered, or meanwhile. `ahead`: meanwhile, before it
   * expires, and first once it has; after a failed attempt meanwhile until one succeeds.
   */
  readonly renews: 'first' | 'meanwhile' | 'ahead';
  /** What becomes of the old set when it cannot be fetched again. */
  readonly whenFetchFails: 'uses_old' | 'has_none';
  /** Whether it asks again on a `kid` it does not know: not at all, or unless so much of something was just now. */
  readonly refetches: null | {
    readonly unless: number;
    readonly of: 'any_fetch' | 'fruitless_fetch' | 'refetch';
    readonly withinSeconds: number;
  };
  /** For how long it does not ask again for a `kid` it asked for in vain, unless another key set comes meanwhile. */
  readonly inVainSeconds: number;
  readonly timeoutSeconds: number;
  /** How revocationExposure bounds it. */
  readonly exposure: 'cache_control' | 'fixed_cache' | 'unknown_kid' | 'hand_copied';
}

const hour = 3600;

const plain = {
  jitter: [0, 0],
  keeps: 'key_set',
  renews: 'first',
  whenFetchFails: 'has_none',
  refetches: null,
  inVainSeconds: 0,
  timeoutSeconds: 30,
  exposure: 'fixed_cache',
} as const;

export const verifierKinds: readonly VerifierKind[] = [
  {
    ...plain,
    name: 'obeys max-age',
    source: 'RFC 9111 §5.2.2.1, without reading Age and without asking again on an unknown kid',
    keepsSeconds: 'max-age',
    exposure: 'cache_control',
  },
  {
    ...plain,
    name: 'Keyturn',
    source:
      'src/verifier/key_set_cache.ts: max-age, renewed after three quarters of it, and the old set for a day when nobody answers; on an unknown kid, 30 s after the last fetch',
    keepsSeconds: 'max-age',
    renews: 'ahead',
    whenFetchFails: 'uses_old',
    refetches: { unless: 1, of: 'any_fetch', withinSeconds: 30 },
    inVainSeconds: 300,
    timeoutSeconds: 5,
    exposure: 'cache_control',
  },
  {
    ...plain,
    name: 'smallstep',
    source:
      'smallstep/certificates authority/provisioner/keystore.go: max-age less up to a third, the old set on failure',
    keepsSeconds: 'max-age',
    jitter: [-1 / 3, 0],
    whenFetchFails: 'uses_old',
    exposure: 'cache_control',
  },
  {
    ...plain,
    name: 'PyJWT',
    source: 'PyJWT 2 PyJWKClient: lifespan 300 s, asks again on an unknown kid',
    keepsSeconds: 300,
    refetches: { unless: 1, of: 'any_fetch', withinSeconds: 0 },
  },
  {
    ...plain,
    name: 'jose',
    source: 'jose 6 createRemoteJWKSet: cacheMaxAge 600 s, cooldownDuration 30 s, timeoutDuration 5 s',
    keepsSeconds: 600,
    refetches: { unless: 1, of: 'any_fetch', withinSeconds: 30 },
    timeoutSeconds: 5,
  },
  {
    ...plain,
    name: 'jwks-rsa',
    source: 'jwks-rsa 4 JwksClient: each key for 600 s, and with rateLimit 10 requests a minute',
    keepsSeconds: 600,
    keeps: 'keys',
    refetches: { unless: 10, of: 'refetch', withinSeconds: 60 },
  },
  {
    ...plain,
    name: 'Envoy',
    source: 'envoy jwt_authn RemoteJwks: cache_duration 600 s, no fetch on an unknown kid, http_uri.timeout 5 s',
    keepsSeconds: 600,
    timeoutSeconds: 5,
  },
  {
    ...plain,
    name: 'one-hour cache',
    source: 'a common rule in hand-written verifiers: keep for an hour, ask for nothing meanwhile',
    keepsSeconds: hour,
  },
  {
    ...plain,
    name: '.NET',
    source:
      'Microsoft.IdentityModel 8 ConfigurationManager: 12 h and up to 5 % more, renewed in the background; on an unknown kid at once, then every 5 min',
    keepsSeconds: 12 * hour,
    jitter: [0, 1 / 20],
    renews: 'meanwhile',
    whenFetchFails: 'uses_old',
    refetches: { unless: 1, of: 'refetch', withinSeconds: 300 },
  },
  {
    ...plain,
    name: 'aws-jwt-verify',
    source: 'aws-jwt-verify 5 SimpleJwksCache: for ever, asks on an unknown kid, 10 s after a fruitless fetch',
    keepsSeconds: Number.POSITIVE_INFINITY,
    whenFetchFails: 'uses_old',
    refetches: { unless: 1, of: 'fruitless_fetch', withinSeconds: 10 },
    timeoutSeconds: 3,
    exposure: 'unknown_kid',
  },
  {
    ...plain,
    name: 'copied by hand',
    source: 'a key set uploaded once, as nginx auth_jwt_key_file or a gateway console takes it',
    keepsSeconds: Number.POSITIVE_INFINITY,
    exposure: 'hand_copied',
  },
];
