// The invariants of the key lifecycle over a world, each as the violations found: empty where it holds.
import { lifetimesOf, ringOf, ringTime, standbysOf } from '../../src/keys/lifecycle.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../../src/seams/signer.ts';
import type { Reach, Signing } from './reach.ts';
import type { Rows } from './ring_rows.ts';
import type { KeyFate, Second } from './unfolding.ts';
import type { World } from './world.ts';

export type Violations = readonly string[];

/** For each second, the first one from it on in which a thing may be; Infinity where there is none. */
const nextOf = (may: readonly boolean[]): readonly number[] => {
  const next = new Array<number>(may.length + 1).fill(Number.POSITIVE_INFINITY);
  for (let second = may.length - 1; second >= 0; second -= 1)
    next[second] = may[second] ? second : (next[second + 1] as number);
  return next;
};

/** The clock of verifiers: the database's, but one that never steps back, so that what expired stays expired. */
const verifierClock = (seconds: readonly Second[]): readonly number[] => {
  let latest = 0;
  return seconds.map(({ now }) => {
    latest = Math.max(latest, now);
    return latest;
  });
};

const fateOf = (world: World, kid: string): KeyFate => world.fates.get(kid) as KeyFate;

/**
 * The tokens of unrevoked keys that meet a key set without their kid.
 *
 * @param heldSeconds - how long ago a key set may have been published that a verifier uses now.
 * @param acceptedPastExp - how far past `exp` a verifier still takes a token.
 */
const unverifiable = (world: World, reach: Reach, heldSeconds: number, acceptedPastExp: number): Violations => {
  const clock = verifierClock(world.seconds);
  const nextLack = new Map([...reach.mayLack].map(([kid, may]) => [kid, nextOf(may)]));
  return reach.signings.flatMap(({ second, key, exp }) => {
    const { young, publishedIn, revokedIn } = fateOf(world, key.kid);
    const firstKnown = young ? publishedIn + world.timing.snapshotSeconds + 1 : 0;
    const from = Math.max(second - heldSeconds, firstKnown, 0);
    const until = Math.min(
      clock.findLastIndex((now) => now < exp + acceptedPastExp),
      revokedIn - 1,
    );
    const lacking = nextLack.get(key.kid)?.[from] ?? Number.POSITIVE_INFINITY;
    if (lacking > until) return [];
    return [`${key.kid} signed in second ${second} until ${exp}, but a key set of second ${lacking} lacks it`];
  });
};

/** I1: at verifiers that keep a key set for max(A, V), fetched in F through a cache of S, and never ask again. */
export const refusedTokens = (world: World, reach: Reach): Violations => {
  const { sharedCacheSeconds, jwksMaxAgeSeconds, slowestVerifierSeconds, fetchTimeoutSeconds } = world.timing;
  const heldSeconds = sharedCacheSeconds + Math.max(jwksMaxAgeSeconds, slowestVerifierSeconds) + fetchTimeoutSeconds;
  return unverifiable(world, reach, heldSeconds, world.timing.leewaySeconds);
};

/** I8: in every key set published from the signature until `exp`. */
export const unpublishedTokens = (world: World, reach: Reach): Violations => unverifiable(world, reach, 0, 0);

/** I2: by the signer's own clock; by the world's, a clock may be E early. */
export const earlySignings = (world: World, { signings }: Reach): Violations => {
  const [{ policies }] = world.seconds as [Second];
  const leadSeconds = policies[0]?.leadSeconds as number;
  const isEarly = ({ second, key, publishedFor }: Signing): boolean => {
    const { young, publishedIn } = fateOf(world, key.kid);
    const inTheWorld = second - publishedIn + world.timing.clockErrorSeconds;
    return !young && Math.min(publishedFor, inTheWorld) < leadSeconds;
  };
  return signings
    .filter(isEarly)
    .map(({ second, key, publishedFor }) => `${key.kid} signed in second ${second}, published for ${publishedFor} s`);
};

/** Looks at every ring in every version of every second. */
const inEveryRing = (
  world: World,
  look: (ring: Rows, at: Second, alg: SigningAlgorithm) => string | undefined,
  versionsOf = ({ versions }: Second): readonly number[] => versions,
): Violations =>
  world.seconds.flatMap((at, second) =>
    versionsOf(at).flatMap((version) =>
      signingAlgorithms.flatMap((alg) => {
        const found = look(ringOf(world.versions[version] as Rows, alg), at, alg);
        return found === undefined ? [] : [`second ${second}, ${alg}: ${found}`];
      }),
    ),
  );

const lastVersion = ({ versions }: Second): readonly number[] => versions.slice(-1);

/** I3, and that there always is one, able to sign. */
export const ringsWithoutOneActiveKey = (world: World): Violations =>
  inEveryRing(world, (ring, { now, policies }) => {
    const lifetimes = lifetimesOf(ring, policies[0] as (typeof policies)[number], now);
    const active = lifetimes.filter(({ state }) => state === 'active');
    if (active.length === 1 && active[0]?.key.privateJwe) return undefined;
    return `active: ${active.map(({ key }) => key.kid)} of ${lifetimes.map(({ state }) => state)}`;
  });

/** I4, in the database, once the runner had its turn. */
export const privateHalvesLeft = (world: World): Violations =>
  inEveryRing(
    world,
    (ring, { now, policies }) => {
      const policy = policies[0] as (typeof policies)[number];
      const left = lifetimesOf(ring, policy, now).find(
        ({ key, state }) => key.privateJwe !== null && state !== 'standby' && state !== 'active',
      );
      return left && `${left.key.kid} is ${left.state} and its private half is there`;
    },
    (at) => (at.ticked ? lastVersion(at) : []),
  );

/** I5: published or signing later than P after the revocation. */
export const revokedKeysInUse = (world: World, { signings, mayHold }: Reach): Violations =>
  [...world.fates].flatMap(([kid, { revokedIn }]) => {
    const last = revokedIn + world.timing.snapshotSeconds;
    const held = mayHold.get(kid)?.lastIndexOf(true) ?? 0;
    const signing = signings.find(({ key, second }) => key.kid === kid && second > last);
    if (held > last) return [`${kid}, revoked in second ${revokedIn}, is published in second ${held}`];
    return signing ? [`${kid}, revoked in second ${revokedIn}, signs in second ${signing.second}`] : [];
  });

/** I6. */
export const ringsWithoutAReadyStandby = (world: World): Violations =>
  inEveryRing(
    world,
    (ring, { now, policies, unsettled, up }, alg) => {
      if (!up || unsettled.includes(alg)) return undefined;
      const policy = policies[0] as (typeof policies)[number];
      const ages = standbysOf(lifetimesOf(ring, policy, now)).map((key) => ringTime(ring, now) - key.publishedAt);
      return ages.some((age) => age >= policy.leadSeconds) ? undefined : `the standbys are ${ages.join(', ')} s old`;
    },
    lastVersion,
  );
