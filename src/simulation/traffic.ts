// The traffic: every node signs, and every verifier is shown what was signed, at the worst moments most of all. Where a
// node serves a key set that lacks a key, a verifier meets it, at once or as late as a shared cache allows.
import type { RotationPolicy } from '../keys/timing.ts';
import { signingAlgorithms } from '../seams/signer.ts';
import type { SigningKeyRecord } from '../seams/signing_key_store.ts';
import type { Chance } from './chance.ts';
import {
  createOrigin,
  createSharedCache,
  type KidSet,
  type Origin,
  reachableNodes,
  type SharedCache,
} from './fleet.ts';
import { hotTimes, type Stretch } from './hot_times.ts';
import type { IssuerNode } from './issuer_node.ts';
import type { KeyDatabase } from './key_database.ts';
import type { Story } from './story.ts';
import type { Tally } from './tally.ts';
import { createVerifier, type Fetched, type Verdict, type Verifier } from './verifier.ts';
import { type VerifierKind, verifierKinds } from './verifier_kinds.ts';
import type { VirtualTime } from './virtual_time.ts';

/** How long before its limit a thing happens that is as late as it may be. */
const justBeforeSeconds = 0.25;
const hotSeconds = 0.5;
const quickFetchSeconds = 0.05;
/** Of the last moments at which a key set without a new key could be had, so many are tried. */
const latestPulls = 3;
const slowFetches = 0.1;
const lostFetches = 0.3;

/** @returns undefined of a verifier that keeps a key set for ever, or as long as it is told to. */
const keepsForSeconds = (keepsSeconds: VerifierKind['keepsSeconds']): number | undefined =>
  typeof keepsSeconds === 'number' && Number.isFinite(keepsSeconds) ? keepsSeconds : undefined;

export interface TrafficParts {
  readonly story: Story;
  readonly policy: () => RotationPolicy;
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly database: KeyDatabase;
  readonly nodes: readonly IssuerNode[];
  readonly tally: Tally;
}

interface Shown {
  readonly verifier: Verifier;
  /** Whether it is shown forged tokens too. What an attacker makes a library do by unknown kids is not counted. */
  readonly besieged: boolean;
  readonly until: number;
}

export interface Traffic {
  losesFetchesUntil(time: number): void;
}

export const startTraffic = (parts: TrafficParts): Traffic => {
  const { story, policy, time, chance, database, nodes, tally } = parts;
  const { timing } = story;
  const kinds = verifierKinds.filter(({ name }) => story.verifiers.includes(name));
  const origin = createOrigin(nodes, story.balancerHeedsReadiness, chance);
  const promisedSeconds = Math.max(timing.jwksMaxAgeSeconds, timing.slowestVerifierSeconds);
  /** By kid: the last `exp` of a token. */
  const lastExp = new Map<string, number>();
  /** By kid: when it was revoked, in virtual time. */
  const revokedAt = new Map<string, number>();
  /** By kid: when a key set without it was last had, one entry for each. */
  const pulls = new Map<string, number[]>();
  const met = new Map<string, number>();
  let shown: Shown[] = [];
  let hot: readonly Stretch[] = [];
  let lossUntil = 0;

  const isGood = (kid: string): boolean =>
    !revokedAt.has(kid) && (lastExp.get(kid) ?? 0) + timing.leewaySeconds > time.now();

  const tell = (kind: VerifierKind, besieged: boolean) => (kid: string, verdict: Verdict, heldSeconds: number) => {
    const revoked = revokedAt.get(kid);
    if (revoked !== undefined) {
      if (verdict === 'accepted') tally.bad(kind.name, time.now() - revoked);
      return;
    }
    if (besieged || verdict === 'none' || !isGood(kid)) return;
    tally.good(kind.name);
    const refusal = { verifier: kind.name, kid, at: time.now(), heldSeconds: Math.round(heldSeconds) };
    if (verdict === 'refused') tally.refused(refusal, heldSeconds > promisedSeconds + 1);
  };

  /** @param slow - as slow as a fetch may be; undefined leaves it to chance. */
  const fetchFrom =
    (source: Origin, slow?: boolean) =>
    async (timeoutSeconds: number): Promise<Fetched | undefined> => {
      const asked = time.now();
      const longest = Math.min(timeoutSeconds, timing.fetchTimeoutSeconds);
      const kids = time.now() < lossUntil && chance.happens(lostFetches) ? undefined : await source.keySet();
      const isSlow = kids === undefined || (slow ?? chance.happens(slowFetches));
      const wait = isSlow ? Math.max(quickFetchSeconds, longest - justBeforeSeconds) : quickFetchSeconds;
      await time.sleepUntil(asked + wait);
      return kids && { kids, maxAgeSeconds: timing.jwksMaxAgeSeconds };
    };

  const goodKids = (): readonly string[] => [...lastExp.keys()].filter(isGood);
  const forgedKids = (): readonly string[] => [...revokedAt.keys()];

  const show = ({ verifier, besieged }: Shown, good: readonly string[]): void =>
    verifier.present(besieged ? [...forgedKids(), ...good] : good, tell(verifier.kind, besieged));

  const start = (kind: VerifierKind, source: Origin, besieged: boolean, until: number, slow?: boolean): void => {
    let first = slow;
    const fetchKeySet = (timeoutSeconds: number): Promise<Fetched | undefined> => {
      const fetch = fetchFrom(source, first);
      first = undefined;
      return fetch(timeoutSeconds);
    };
    const entry = { verifier: createVerifier(kind, { time, chance, fetchKeySet }), besieged, until };
    shown.push(entry);
    show(entry, goodKids());
  };

  /** Long enough for a lead, and for the longest it keeps a key set. */
  const lifetimeOf = ({ keepsSeconds, jitter }: VerifierKind): number => {
    const keeps = (keepsForSeconds(keepsSeconds) ?? 0) * (1 + jitter[1]);
    return Math.max(policy().leadSeconds, keeps) + timing.snapshotSeconds + timing.sharedCacheSeconds + 200;
  };

  /** Verifiers that meet a key set as late as they may: its last second in a shared cache, over a slow line. */
  const meetLate = (kid: string, kids: KidSet): void => {
    const now = time.now();
    const times = pulls.get(kid) ?? [];
    pulls.set(kid, [...times, now]);
    const place = times.length;
    const cache = createSharedCache(origin, timing.sharedCacheSeconds, time);
    cache.fill(kids);
    const from = timing.sharedCacheSeconds > 0 ? cache : { keySet: async () => kids };
    time.at(now + Math.max(0, timing.sharedCacheSeconds - justBeforeSeconds), () => {
      if (place < (pulls.get(kid)?.length ?? 0) - latestPulls) return;
      for (const kind of kinds)
        for (const besieged of [false, true]) start(kind, from, besieged, now + lifetimeOf(kind), true);
    });
  };

  /** The kids that a node may not have read of yet. */
  const youngKids = (): readonly string[] => {
    const now = database.clock();
    const isYoung = ({ publishedAt, activatesAt }: SigningKeyRecord): boolean =>
      now - publishedAt < 2 * timing.snapshotSeconds + 10 && activatesAt > now;
    return database
      .rows()
      .filter(isYoung)
      .map(({ kid }) => kid);
  };

  /** New verifiers that ask a node which lacks the key of a token, and at once. */
  const meetNow = (kid: string, node: IssuerNode): void => {
    const name = `${kid} ${node.name}`;
    if (time.now() < (met.get(name) ?? 0)) return;
    met.set(name, time.now() + 2);
    for (const kind of kinds) start(kind, { keySet: () => node.serve() }, false, time.now() + 30, false);
  };

  /** Looks for key sets that lack a key. A node without any keys yet serves none. */
  const lookAtKeySets = (good: readonly string[]): void => {
    const young = youngKids();
    const lacking = (kids: KidSet, wanted: readonly string[]): readonly string[] =>
      kids.has('') ? [] : wanted.filter((kid) => !kids.has(kid));
    for (const node of reachableNodes(nodes, story.balancerHeedsReadiness)) {
      const kids = node.keySet();
      if (kids === undefined) continue;
      for (const kid of lacking(kids, good)) meetNow(kid, node);
      if (lacking(kids, young).length === 0) continue;
      time.at(time.now(), async () => {
        const served = await node.serve();
        if (served !== undefined) for (const kid of lacking(served, young)) meetLate(kid, served);
      });
    }
  };

  const sign = (): void => {
    for (const node of nodes)
      for (const alg of signingAlgorithms) {
        const signed = node.sign(alg);
        if (signed === undefined) continue;
        if (signed.exp > (lastExp.get(signed.kid) ?? 0)) lastExp.set(signed.kid, signed.exp);
      }
  };

  const forget = (): void => {
    for (const [kid, exp] of lastExp) if (exp + timing.leewaySeconds <= time.now()) lastExp.delete(kid);
    shown = shown.filter(({ until }) => until > time.now());
  };

  const tick = (): void => {
    sign();
    const good = goodKids();
    lookAtKeySets(good);
    for (const entry of shown) show(entry, good);
  };

  const nextTick = (): number => {
    const now = time.now();
    const isHot = hot.some(({ from, to }) => from <= now && now < to);
    if (isHot) return now + hotSeconds;
    const nextHot = hot.find(({ from }) => from > now)?.from ?? Number.POSITIVE_INFINITY;
    return Math.min(now + story.calmSeconds, nextHot);
  };

  let wokenAt = Number.POSITIVE_INFINITY;
  const keepTicking = (): void => {
    wokenAt = nextTick();
    const due = wokenAt;
    time.at(due, () => {
      // A change of the keys may have asked for an earlier tick, which then goes on in this one's place.
      if (due !== wokenAt) return;
      tick();
      forget();
      keepTicking();
    });
  };

  database.onChange((before, after) => {
    hot = hotTimes(after, policy(), timing, database.clock());
    for (const row of after) if (row.revokedAt !== null && !revokedAt.has(row.kid)) revokedAt.set(row.kid, time.now());
    // A failover may have lost a revocation, or a key.
    for (const row of before) if (!after.some(({ kid }) => kid === row.kid)) pulls.delete(row.kid);
    keepTicking();
  });

  const edge = (): SharedCache => createSharedCache(origin, timing.sharedCacheSeconds, time);
  const edges = [edge(), edge(), edge()] as const;
  for (const kind of kinds)
    for (let place = 0; place < story.residents; place += 1) {
      const keeps = keepsForSeconds(kind.keepsSeconds) ?? 600;
      const source = place % 2 === 0 ? origin : chance.pick(edges);
      time.at(chance.between(30, 30 + keeps), () => start(kind, source, place % 4 === 3, Number.POSITIVE_INFINITY));
    }
  keepTicking();
  return {
    losesFetchesUntil: (until) => {
      lossUntil = until;
    },
  };
};
