// An issuer whose keys may turn every few seconds.

/** lead = P + S + max(A, V) + 2E + F = 3 */
export const quickTurns = {
  KEYTURN_SNAPSHOT_SECONDS: '1',
  KEYTURN_SHARED_CACHE_SECONDS: '0',
  KEYTURN_JWKS_MAX_AGE_SECONDS: '1',
  KEYTURN_SLOWEST_VERIFIER_SECONDS: '1',
  KEYTURN_CLOCK_ERROR_SECONDS: '0',
  KEYTURN_FETCH_TIMEOUT_SECONDS: '1',
};
