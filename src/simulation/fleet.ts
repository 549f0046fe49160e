// The nodes behind a balancer, and the shared caches (a CDN's places) before it.

import type { Chance } from './chance.ts';
import type { IssuerNode } from './issuer_node.ts';
import type { VirtualTime } from './virtual_time.ts';

export type KidSet = ReadonlySet<string>;

/** The nodes a balancer would send somebody to: the ready ones, and where none is, all that answer. */
export const reachableNodes = (nodes: readonly IssuerNode[], heedsReadiness: boolean): readonly IssuerNode[] => {
  const answering = nodes.filter((node) => node.answers());
  if (!heedsReadiness) return answering;
  const ready = answering.filter((node) => node.isReady());
  return ready.length > 0 ? ready : answering;
};

export interface Origin {
  /** From any node; undefined when none answers. */
  keySet(): Promise<KidSet | undefined>;
}

export const createOrigin = (nodes: readonly IssuerNode[], heedsReadiness: boolean, chance: Chance): Origin => ({
  keySet: async () => {
    const [first, ...others] = reachableNodes(nodes, heedsReadiness);
    return first && chance.pick([first, ...others]).serve();
  },
});

export interface SharedCache extends Origin {
  /** Puts an object in, as if somebody else had asked just now. */
  fill(kids: KidSet): void;
}

const revalidationSeconds = 0.1;

/**
 * One place of a CDN. S seconds are its TTL and, after it, as long again in which it hands out the old set while it asks
 * for the new one, or because nobody answers (RFC 5861).
 */
export const createSharedCache = (origin: Origin, sharedCacheSeconds: number, time: VirtualTime): SharedCache => {
  const freshSeconds = sharedCacheSeconds / 2;
  let held: { readonly kids: KidSet; readonly since: number } | undefined;
  const pull = async (): Promise<KidSet | undefined> => {
    const kids = await origin.keySet();
    if (kids !== undefined) held = { kids, since: time.now() };
    return kids;
  };
  return {
    fill: (kids) => {
      held = { kids, since: time.now() };
    },
    keySet: async () => {
      const age = held === undefined ? Number.POSITIVE_INFINITY : time.now() - held.since;
      const old = age < sharedCacheSeconds ? held?.kids : undefined;
      if (old === undefined) return pull();
      if (age >= freshSeconds) time.at(time.now() + revalidationSeconds, pull);
      return old;
    },
  };
};
