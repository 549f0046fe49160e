// The verifiers of `keyturn keys drill`: one for each way of keeping a key set, over HTTP, behind one shared cache.
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from 'jose';
import type { VerifierKind } from '../keys/revocation_exposure.ts';
import type { RotationPolicy } from '../keys/timing.ts';

interface FetchedKeySet {
  readonly keys: ReturnType<typeof createLocalJWKSet>;
  readonly maxAgeSeconds: number;
  readonly at: number;
}

/** Seconds that never step back. */
const seconds = (): number => performance.now() / 1000;

const fetchKeySet = async (url: string): Promise<FetchedKeySet> => {
  const at = seconds();
  const response = await fetch(url);
  if (response.status !== 200) throw new TypeError(`the key set answered ${response.status}`);
  const [, maxAge = '0'] = /max-age=(\d+)/.exec(response.headers.get('Cache-Control') ?? '') ?? [];
  const set = (await response.json()) as JSONWebKeySet;
  return { keys: createLocalJWKSet(set), maxAgeSeconds: Number(maxAge), at };
};

type Read = () => Promise<FetchedKeySet>;

/** What a CDN does: hands the same answer out for so long, as if it had just come. */
const createSharedCache = (url: string, keepSeconds: number): Read => {
  let kept: FetchedKeySet | undefined;
  return async () => {
    if (kept === undefined || seconds() - kept.at >= keepSeconds) kept = await fetchKeySet(url);
    return { ...kept, at: seconds() };
  };
};

export interface DrillVerifier {
  readonly kind: VerifierKind;
  /** Whether it takes a token. */
  accepts(token: string): Promise<boolean>;
  /** What a person does to a copy: puts the present key set in its place. */
  replace(): Promise<void>;
}

/** How long a key set is kept, and whether an unknown `kid` is a reason to fetch it again. */
interface Keeping {
  readonly seconds: (set: FetchedKeySet) => number;
  readonly refetches: boolean;
}

const keepings = ({ slowestVerifierSeconds }: RotationPolicy): Readonly<Record<VerifierKind, Keeping>> => ({
  cache_control: { seconds: ({ maxAgeSeconds }) => maxAgeSeconds, refetches: false },
  fixed_cache: { seconds: () => slowestVerifierSeconds, refetches: false },
  unknown_kid: { seconds: () => Number.POSITIVE_INFINITY, refetches: true },
  hand_copied: { seconds: () => Number.POSITIVE_INFINITY, refetches: false },
});

const startVerifier = async (
  kind: VerifierKind,
  keeping: Keeping,
  issuer: string,
  read: Read,
): Promise<DrillVerifier> => {
  let set = await read();
  const verify = async (token: string): Promise<boolean | 'unknown_kid'> => {
    try {
      await jwtVerify(token, set.keys, { issuer, typ: 'at+jwt', requiredClaims: ['exp'] });
      return true;
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return 'unknown_kid';
      if (error instanceof errors.JOSEError) return false;
      throw error;
    }
  };
  return {
    kind,
    accepts: async (token) => {
      if (seconds() - set.at >= keeping.seconds(set)) set = await read();
      const first = await verify(token);
      if (first !== 'unknown_kid' || !keeping.refetches) return first === true;
      set = await read();
      return (await verify(token)) === true;
    },
    replace: async () => {
      set = await read();
    },
  };
};

export const startVerifiers = async (
  issuer: string,
  jwksUri: string,
  policy: RotationPolicy,
): Promise<readonly DrillVerifier[]> => {
  const read = createSharedCache(jwksUri, policy.sharedCacheSeconds);
  const kinds = Object.entries(keepings(policy)) as readonly (readonly [VerifierKind, Keeping])[];
  return Promise.all(kinds.map(([kind, keeping]) => startVerifier(kind, keeping, issuer, read)));
};
