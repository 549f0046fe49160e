// How long a revoked key may still be accepted, pure: one bound for each kind of verifier, because each learns of a
// revocation in its own way. The letters are those of timing.ts.
import type { NumericDate } from '../seams/clock.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import { ringOf } from './lifecycle.ts';
import type { RotationPolicy, Timing } from './timing.ts';

/**
 * How a verifier keeps the key set:
 * - `cache_control`: as long as `max-age` says;
 * - `fixed_cache`: for a time of its own, whatever `Cache-Control` says;
 * - `unknown_kid`: until it meets a `kid` it does not know;
 * - `hand_copied`: until a person replaces it.
 */
export type VerifierKind = 'cache_control' | 'fixed_cache' | 'unknown_kid' | 'hand_copied';

export interface Exposure {
  readonly verifier: VerifierKind;
  /** Libraries that behave so as they come; each may be set up otherwise. */
  readonly libraries: readonly string[];
  /** V', the verifier's own cache; null where it has none. */
  readonly cacheSeconds: number | null;
  /** The last instant at which the key may be accepted; null where nothing bounds it. */
  readonly acceptedUntil: NumericDate | null;
}

/**
 * How long libraries keep a key set by themselves, in seconds. .NET: 12 h and what chance adds, up to 59 min in
 * Microsoft.IdentityModel 6 and 7, 5 % in 8.
 */
export const fixedCaches: readonly { readonly library: string; readonly cacheSeconds: number }[] = [
  { library: 'PyJWT', cacheSeconds: 300 },
  { library: 'jose', cacheSeconds: 600 },
  { library: 'jwks-rsa', cacheSeconds: 600 },
  { library: 'Envoy', cacheSeconds: 600 },
  { library: '.NET', cacheSeconds: 46800 },
];

/** Libraries by the length of their cache, shortest first, and the slowest verifier the operator declared. */
const fixedCacheGroups = ({ slowestVerifierSeconds }: Timing): ReadonlyMap<number, readonly string[]> => {
  const groups = new Map<number, string[]>();
  for (const { library, cacheSeconds } of fixedCaches)
    groups.set(cacheSeconds, [...(groups.get(cacheSeconds) ?? []), library]);
  if (slowestVerifierSeconds > 0 && !groups.has(slowestVerifierSeconds)) groups.set(slowestVerifierSeconds, []);
  return new Map([...groups].sort(([left], [right]) => left - right));
};

/**
 * The worst case for a key revoked at an instant.
 *
 * A verifier that obeys `Cache-Control` takes the key until revokedAt + P + S + A + F; one with a cache of its own, V',
 * until revokedAt + P + S + V' + F. One that refetches only on an unknown `kid` takes it until it meets one, and gets a
 * key set without the revoked key once no shared cache holds the old one.
 *
 * @param unseenKidSignsAt - when a key that nobody had seen at `revokedAt` starts to sign; null while none is planned.
 */
export const revocationExposure = (
  timing: Timing,
  revokedAt: NumericDate,
  unseenKidSignsAt: NumericDate | null,
): readonly Exposure[] => {
  const { snapshotSeconds, sharedCacheSeconds, jwksMaxAgeSeconds, fetchTimeoutSeconds } = timing;
  const heldFor = (cacheSeconds: number): NumericDate =>
    revokedAt + snapshotSeconds + sharedCacheSeconds + cacheSeconds + fetchTimeoutSeconds;
  const fixed = [...fixedCacheGroups(timing)].map(([cacheSeconds, libraries]) => ({
    verifier: 'fixed_cache' as const,
    libraries,
    cacheSeconds,
    acceptedUntil: heldFor(cacheSeconds),
  }));
  const obeyed = heldFor(jwksMaxAgeSeconds);
  const refetched = unseenKidSignsAt === null ? null : Math.max(unseenKidSignsAt + fetchTimeoutSeconds, obeyed);
  return [
    { verifier: 'cache_control', libraries: [], cacheSeconds: null, acceptedUntil: obeyed },
    ...fixed,
    { verifier: 'unknown_kid', libraries: ['aws-jwt-verify'], cacheSeconds: null, acceptedUntil: refetched },
    { verifier: 'hand_copied', libraries: [], cacheSeconds: null, acceptedUntil: null },
  ];
};

/**
 * When a key of the ring that nobody had seen at `revokedAt` starts to sign. Where none is published yet it is the one
 * after the last, a period later.
 *
 * @param keys - every row, read after the revocation.
 */
export const unseenKidSignsAt = (
  keys: readonly SigningKeyRecord[],
  revoked: Pick<SigningKeyRecord, 'alg' | 'revokedAt'>,
  { periodSeconds }: RotationPolicy,
): NumericDate | null => {
  const { alg, revokedAt } = revoked;
  if (revokedAt === null) return null;
  const ring = ringOf(keys, alg).filter((key) => key.revokedAt === null);
  const unseen = ring.find((key) => key.publishedAt >= revokedAt);
  if (unseen !== undefined) return unseen.activatesAt;
  const last = ring.at(-1);
  return last === undefined ? null : last.activatesAt + periodSeconds;
};
