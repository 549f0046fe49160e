// How a contract suite gets at a store: twice, as two nodes would.
import type { Clock } from '../../src/seams/clock.ts';

export interface OpenedStore<Verbs> {
  readonly store: Verbs;
  /** The same database as another node has it; `store` itself where there can be only one connection. */
  readonly other: Verbs;
  close(): Promise<void>;
}

/** Opens an empty database whose time is the clock's. */
export type OpenStore<Verbs> = (clock: Clock) => Promise<OpenedStore<Verbs>>;

/** The answers of a verb that two nodes call `times` times each, all at once. */
export const race = <Verbs, Answer>(
  { store, other }: OpenedStore<Verbs>,
  call: (verbs: Verbs, turn: number) => Promise<Answer>,
  times = 4,
): Promise<readonly Answer[]> =>
  Promise.all(
    Array.from({ length: times }, (_, turn) => turn).flatMap((turn) => [call(store, turn), call(other, turn)]),
  );
