// One verifier at work, as its kind describes it: which kids it takes, and when it asks for the key set.
import type { Chance } from './chance.ts';
import type { VerifierKind } from './verifier_kinds.ts';
import type { VirtualTime } from './virtual_time.ts';

/** `none`: it has no key set, because it got no answer; that is no fault of the keys. */
export type Verdict = 'accepted' | 'refused' | 'none';

export interface Fetched {
  readonly kids: ReadonlySet<string>;
  readonly maxAgeSeconds: number;
}

export interface Verifier {
  readonly kind: VerifierKind;
  /** Shows it tokens by their kids; it may take its time, and is not shown more while it does. */
  present(kids: readonly string[], told: (kid: string, verdict: Verdict, heldSeconds: number) => void): void;
}

interface Held {
  readonly kids: ReadonlySet<string>;
  readonly arrivedAt: number;
  readonly renewAt: number;
  readonly expiresAt: number;
}

interface VerifierParts {
  readonly time: VirtualTime;
  readonly chance: Chance;
  /** Asks for the key set. @returns undefined when no answer came in time. */
  readonly fetchKeySet: (timeoutSeconds: number) => Promise<Fetched | undefined>;
}

/** Of its time, when a verifier that renews ahead does. */
const aheadPart = 0.75;
/** More than any kind counts. */
const mostRemembered = 10;

type Answer = 'accepted' | 'refused' | 'fetch' | 'refetch';

export const createVerifier = (kind: VerifierKind, { time, chance, fetchKeySet }: VerifierParts): Verifier => {
  let held: Held | undefined;
  /** When each key looked up by itself expires. */
  const lookedUp = new Map<string, number>();
  /** Until when a kid that was asked for in vain is not asked for again. */
  const inVain = new Map<string, number>();
  let [busy, renewing, failing] = [false, false, false];
  const times: Record<'any_fetch' | 'fruitless_fetch' | 'refetch', number[]> = {
    any_fetch: [],
    fruitless_fetch: [],
    refetch: [],
  };
  const note = (what: keyof typeof times): void => {
    if (times[what].push(time.now()) > mostRemembered) times[what].shift();
  };

  const load = async (): Promise<boolean> => {
    const fetched = await fetchKeySet(kind.timeoutSeconds);
    failing = fetched === undefined;
    if (fetched === undefined) return false;
    if (fetched.kids !== held?.kids) inVain.clear();
    const now = time.now();
    const seconds = kind.keepsSeconds === 'max-age' ? fetched.maxAgeSeconds : kind.keepsSeconds;
    const jitter = Number.isFinite(seconds) ? seconds * chance.between(...kind.jitter) : 0;
    const keeps = seconds + jitter;
    const renewAt = now + (kind.renews === 'ahead' ? aheadPart * keeps : keeps);
    held = { kids: fetched.kids, arrivedAt: now, renewAt, expiresAt: now + keeps };
    note('any_fetch');
    return true;
  };
  const renewMeanwhile = (): void => {
    if (renewing) return;
    renewing = true;
    time.at(time.now(), async () => {
      const retrySeconds = kind.refetches?.withinSeconds ?? 0;
      if (!(await load()) && held !== undefined) held = { ...held, renewAt: time.now() + retrySeconds };
      renewing = false;
    });
  };
  const mayRefetch = (): boolean => {
    const { refetches } = kind;
    if (refetches === null) return false;
    const since = time.now() - refetches.withinSeconds;
    return times[refetches.of].filter((at) => at > since).length < refetches.unless;
  };
  const answerBySet = (kid: string, { kids }: Held): Answer => {
    if (kids.has(kid)) return 'accepted';
    return time.now() >= (inVain.get(kid) ?? 0) && mayRefetch() ? 'refetch' : 'refused';
  };
  const waits = (): boolean => kind.renews === 'first' || (kind.renews === 'ahead' && !failing);
  const answerTo = (kid: string): Answer => {
    const now = time.now();
    if (kind.keeps === 'keys') return now < (lookedUp.get(kid) ?? 0) ? 'accepted' : 'refetch';
    if (held === undefined) return 'fetch';
    if (now >= held.expiresAt && waits()) return 'fetch';
    if (now >= held.renewAt && kind.renews !== 'first') renewMeanwhile();
    return answerBySet(kid, held);
  };
  const heldSeconds = (): number => (held === undefined ? 0 : time.now() - held.arrivedAt);

  /** What a token is answered when no key set came. */
  const answerWithoutAnswer = (kid: string, answer: 'fetch' | 'refetch'): Verdict => {
    if (kind.keeps === 'keys') return 'none';
    if (answer === 'refetch') return 'refused';
    if (kind.whenFetchFails === 'has_none' || held === undefined) return 'none';
    return held.kids.has(kid) ? 'accepted' : 'refused';
  };
  const refuseInVain = (kid: string, answer: 'fetch' | 'refetch'): Verdict => {
    note('fruitless_fetch');
    if (answer === 'refetch' && kind.inVainSeconds > 0) inVain.set(kid, time.now() + kind.inVainSeconds);
    return 'refused';
  };
  /** Answers a token for which the key set has to be asked for first. */
  const answerLate = async (kid: string, answer: 'fetch' | 'refetch'): Promise<Verdict> => {
    // Too many requests is no word about the key where each key is asked for by itself.
    if (answer === 'refetch' && !mayRefetch()) return kind.keeps === 'keys' ? 'none' : 'refused';
    if (answer === 'refetch') note('refetch');
    if (!(await load())) return answerWithoutAnswer(kid, answer);
    if (!held?.kids.has(kid)) return refuseInVain(kid, answer);
    if (kind.keeps === 'keys') lookedUp.set(kid, time.now() + (kind.keepsSeconds as number));
    return 'accepted';
  };
  return {
    kind,
    present: (kids, told) => {
      if (busy) return;
      const late: string[] = [];
      for (const kid of kids) {
        const answer = answerTo(kid);
        if (answer === 'accepted' || answer === 'refused') told(kid, answer, heldSeconds());
        else late.push(kid);
      }
      if (late.length === 0) return;
      busy = true;
      time.at(time.now(), async () => {
        for (const kid of late) {
          const answer = answerTo(kid);
          const verdict = answer === 'accepted' || answer === 'refused' ? answer : await answerLate(kid, answer);
          told(kid, verdict, heldSeconds());
        }
        busy = false;
      });
    },
  };
};
