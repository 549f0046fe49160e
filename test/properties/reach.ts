// The worst that nodes and verifiers could do with the versions of a world: which key a node could sign with in a
// second, by any snapshot at most P old and any clock within E; and which key sets it could publish then.
import { publishedKeysOf } from '../../src/keys/jwk_set.ts';
import { activeKeyOf, lifetimesOf, ringOf, ringTime } from '../../src/keys/lifecycle.ts';
import type { RotationPolicy } from '../../src/keys/timing.ts';
import { signingAlgorithms } from '../../src/seams/signer.ts';
import type { SigningKeyRecord } from '../../src/seams/signing_key_store.ts';
import type { Rows } from './ring_rows.ts';
import type { World } from './world.ts';

/** A node signs its longest token. */
export interface Signing {
  readonly second: number;
  readonly key: SigningKeyRecord;
  /** For how long the key was published, by the signer's clock. */
  readonly publishedFor: number;
  readonly exp: number;
}

export interface Reach {
  readonly signings: readonly Signing[];
  /** By kid, then by second: whether a node could publish a key set without it, or with it. */
  readonly mayLack: ReadonlyMap<string, readonly boolean[]>;
  readonly mayHold: ReadonlyMap<string, readonly boolean[]>;
}

/** What one version of the rows means at one instant. */
interface Meaning {
  readonly active: readonly (SigningKeyRecord & { readonly publishedFor: number })[];
  readonly published: ReadonlySet<string>;
}

const meaningOf = (rows: Rows, policy: RotationPolicy, now: number): Meaning => {
  const active = signingAlgorithms.flatMap((alg) => {
    const ring = ringOf(rows, alg);
    const key = activeKeyOf(lifetimesOf(ring, policy, now));
    if (key === undefined || key.privateJwe === null) return [];
    return [{ ...key, publishedFor: ringTime(ring, now) - key.publishedAt }];
  });
  const published = publishedKeysOf(rows, policy, now).map((key) => key.kid);
  return { active, published: new Set(published) };
};

/** Remembers, because neighbouring seconds and clocks ask for the same instants. */
const createMeanings = ({ versions }: World) => {
  const known = new Map<string, Meaning>();
  return (version: number, policy: RotationPolicy, now: number): Meaning => {
    const name = `${version} ${policy.graceSeconds} ${now}`;
    const meaning = known.get(name) ?? meaningOf(versions[version] as Rows, policy, now);
    known.set(name, meaning);
    return meaning;
  };
};

/** The versions a node may still work with in a second: read at most P ago, while nodes ran. */
const versionsWithinReach = ({ seconds, timing }: World, second: number): readonly number[] => [
  ...new Set(
    seconds
      .slice(Math.max(0, second - timing.snapshotSeconds), second + 1)
      .flatMap(({ up, versions }) => (up ? versions : [])),
  ),
];

/** A key is published and signs for one stretch of time each, so that the extremes are the worst. */
const offsets = (bound: number): readonly number[] => [-bound, 0, bound];

/** @param tokenSeconds - how long a token signed with a key lives; by its row, unless a mutation says otherwise. */
export const reachOf = (world: World, tokenSeconds = (key: SigningKeyRecord) => key.longestTokenSeconds): Reach => {
  const { seconds, timing, fates } = world;
  const meaning = createMeanings(world);
  const kids = [...fates.keys()];
  const never = (): [string, boolean[]][] => kids.map((kid) => [kid, seconds.map(() => false)]);
  const [mayLack, mayHold] = [new Map(never()), new Map(never())];
  const signings = new Map<string, Signing>();
  const note = (second: number, { active, published }: Meaning, nodeNow: number): void => {
    for (const kid of kids) ((published.has(kid) ? mayHold : mayLack).get(kid) as boolean[])[second] = true;
    for (const { publishedFor, ...key } of active) {
      const exp = nodeNow + tokenSeconds(key);
      const name = `${second} ${key.kid}`;
      const other = signings.get(name) ?? { exp, publishedFor };
      const worst = { exp: Math.max(exp, other.exp), publishedFor: Math.min(publishedFor, other.publishedFor) };
      signings.set(name, { second, key, ...worst });
    }
  };
  for (const [second, { now, up, policies }] of seconds.entries()) {
    if (!up) continue;
    for (const version of versionsWithinReach(world, second))
      for (const offset of offsets(timing.clockErrorSeconds))
        for (const policy of policies) note(second, meaning(version, policy, now + offset), now + offset);
  }
  return { signings: [...signings.values()], mayLack, mayHold };
};
