// What is counted of a run, for each kind of verifier, and the first stories behind the counts.

export interface KindTally {
  readonly verifier: string;
  /** Good tokens shown. */
  readonly shown: number;
  /** Good tokens refused by a key set no older than verifiers are promised to keep. */
  readonly refused: number;
  /** Good tokens refused by a key set that was held for longer than V, which the rules do not speak of. */
  readonly refusedBeyond: number;
  /** Tokens by a revoked key that were taken after its revocation. */
  readonly badAccepted: number;
  /** The longest time after its revocation at which a key was still taken. */
  readonly badAcceptedSeconds: number;
}

export interface Refusal {
  readonly verifier: string;
  readonly kid: string;
  /** Virtual time, whole seconds. */
  readonly at: number;
  readonly heldSeconds: number;
}

export interface Tally {
  good(verifier: string): void;
  refused(refusal: Refusal, beyond: boolean): void;
  bad(verifier: string, secondsAfter: number): void;
  readonly kinds: () => readonly KindTally[];
  readonly refusals: () => readonly Refusal[];
}

type Counts = { -readonly [Name in keyof Omit<KindTally, 'verifier'>]: number };

/** Enough to tell a story by. */
const mostRefusals = 20;

export const createTally = (verifiers: readonly string[]): Tally => {
  const counts = new Map<string, Counts>(
    verifiers.map((name) => [name, { shown: 0, refused: 0, refusedBeyond: 0, badAccepted: 0, badAcceptedSeconds: 0 }]),
  );
  const of = (verifier: string): Counts => counts.get(verifier) as Counts;
  const refusals: Refusal[] = [];
  return {
    good: (verifier) => {
      of(verifier).shown += 1;
    },
    refused: (refusal, beyond) => {
      const count = of(refusal.verifier);
      if (beyond) count.refusedBeyond += 1;
      else count.refused += 1;
      if (!beyond && refusals.length < mostRefusals) refusals.push(refusal);
    },
    bad: (verifier, secondsAfter) => {
      const count = of(verifier);
      count.badAccepted += 1;
      count.badAcceptedSeconds = Math.max(count.badAcceptedSeconds, Math.round(secondsAfter));
    },
    kinds: () => [...counts].map(([verifier, count]) => ({ verifier, ...count })),
    refusals: () => refusals,
  };
};
