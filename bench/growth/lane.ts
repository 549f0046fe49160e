// One kind of request, asked of a database of one size.
import { cpuSecondsOf, ownCpuSeconds } from '../cpu_time.ts';
import { flowWorkers } from '../keyturn_facts.ts';
import type { Measurement } from '../measure.ts';
import { type Ask, type Grown, measureAsking, type RequestKind } from './grown_requests.ts';

export interface Lane {
  readonly kind: RequestKind;
  readonly grown: Grown;
  readonly ask: Ask;
  measure(from: number, count: number): Promise<Measurement>;
  readonly measured: Measurement[];
}

export const laneOf = (kind: RequestKind, grown: Grown): Lane => {
  const ask = kind.of(grown);
  const serverCpuSeconds = (): number => cpuSecondsOf(grown.pid);
  const [askedCpuSeconds, workers] =
    kind.asked === 'server' ? ([serverCpuSeconds, flowWorkers] as const) : ([ownCpuSeconds, 1] as const);
  const cpuSeconds = (): number => askedCpuSeconds() + grown.databaseCpuSeconds();
  return {
    kind,
    grown,
    ask,
    measure: (from, count) => measureAsking(ask, cpuSeconds, from, count, workers),
    measured: [],
  };
};
