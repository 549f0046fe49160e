import type { Store } from '../seams/store.ts';
import type { Tracer } from '../seams/tracer.ts';

type Verb = (...parameters: readonly unknown[]) => Promise<unknown>;

/** The same store, whose calls are told of. */
export const traceStore = (store: Store, tracer: Tracer): Store => {
  const traced = Object.entries(store).map(([name, verb]: [string, Verb]) => [
    name,
    name === 'close' ? verb : (...parameters: readonly unknown[]) => tracer.storeCall(name, () => verb(...parameters)),
  ]);
  // Object.fromEntries forgets the names; each verb takes and gives what it did.
  return Object.fromEntries(traced) as Store;
};
