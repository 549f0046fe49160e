// The rules of lead and grace: how early a key is published before it signs, and how long it stays after it last
// signed, so that no verifier ever meets a signature it cannot check. Everything in whole seconds.

/** What the surroundings are promised to be. Each is configuration; the letter is the one used in docs/keys-and-rotation.md. */
export interface Timing {
  /** T: the longest lifetime of any token. */
  readonly maxTokenSeconds: number;
  /** A: `max-age` of the JWKS response. */
  readonly jwksMaxAgeSeconds: number;
  /** S: extra staleness of shared caches (CDN TTL, stale-while-revalidate, stale-if-error). */
  readonly sharedCacheSeconds: number;
  /** V: the longest time a supported verifier keeps a key set, whatever `Cache-Control` says. */
  readonly slowestVerifierSeconds: number;
  /** P: the oldest snapshot of the keys a node may sign with. */
  readonly snapshotSeconds: number;
  /** E: the bound on |node clock - database clock|. */
  readonly clockErrorSeconds: number;
  /** L: how far past `exp` a verifier still accepts a token. */
  readonly leewaySeconds: number;
  /** F: how long a verifier's fetch of the key set may take. */
  readonly fetchTimeoutSeconds: number;
}

/** How the rings turn: the timing, and what was chosen within it. */
export interface RotationPolicy extends Timing {
  readonly periodSeconds: number;
  /** At least minimumLeadSeconds. */
  readonly leadSeconds: number;
  /** At least minimumGraceSeconds for `maxTokenSeconds`. */
  readonly graceSeconds: number;
}

/**
 * The least time between publishing a key and its first signature: P + S + max(A, V) + 2E + F.
 * S adds to V because most libraries read neither `Cache-Control` nor `Age`.
 */
export const minimumLeadSeconds = (timing: Timing): number =>
  timing.snapshotSeconds +
  timing.sharedCacheSeconds +
  Math.max(timing.jwksMaxAgeSeconds, timing.slowestVerifierSeconds) +
  2 * timing.clockErrorSeconds +
  timing.fetchTimeoutSeconds;

/** The same, as it is told to people. */
export const minimumLeadInWords = (timing: Timing): string => {
  const { snapshotSeconds: p, sharedCacheSeconds: s, jwksMaxAgeSeconds: a } = timing;
  const { slowestVerifierSeconds: v, clockErrorSeconds: e, fetchTimeoutSeconds: f } = timing;
  return `P + S + max(A, V) + 2E + F = ${p} + ${s} + max(${a}, ${v}) + 2*${e} + ${f}`;
};

/** The least time a key stays published after the last instant it could have signed: P + T + L + 2E. */
export const minimumGraceSeconds = (timing: Timing, longestTokenSeconds: number): number =>
  timing.snapshotSeconds + longestTokenSeconds + timing.leewaySeconds + 2 * timing.clockErrorSeconds;

/** The same of T, as it is told to people. */
export const minimumGraceInWords = (timing: Timing): string => {
  const { snapshotSeconds: p, maxTokenSeconds: t, leewaySeconds: l, clockErrorSeconds: e } = timing;
  return `P + T + L + 2E = ${p} + ${t} + ${l} + 2*${e}`;
};

/** Grace of one key: by the longest token it ever signed, so lowering T later cannot shorten it. */
export const graceSecondsOf = (policy: RotationPolicy, longestTokenSeconds: number): number =>
  Math.max(policy.graceSeconds, minimumGraceSeconds(policy, longestTokenSeconds));

/** How early the next standby is made: lead, and one snapshot more so that a late timer does not make it late. */
export const publishAheadSeconds = (policy: RotationPolicy): number => policy.leadSeconds + policy.snapshotSeconds;

const shortestRefreshSeconds = 0.1;

/** When a node reads the keys again: every third of P, and sooner where something is due before. */
export const refreshAfterSeconds = ({ snapshotSeconds }: Timing, dueInSeconds = Number.POSITIVE_INFINITY): number =>
  Math.max(shortestRefreshSeconds, Math.min(snapshotSeconds / 3, dueInSeconds));
