// Virtual time: a queue of what happens when, and processes that sleep in it. Nothing waits; the same calls in the same
// order give the same run. Seconds, fractions included, from 0.

export interface VirtualTime {
  now(): number;
  /** Starts a process at a time to come. */
  at(time: number, process: () => unknown): void;
  /** Suspends the process that calls it. */
  sleepUntil(time: number): Promise<void>;
  /** Goes on until nothing is left that happens by then. @throws what a process threw. */
  run(until: number): Promise<void>;
}

interface Entry {
  readonly time: number;
  /** Keeps what happens at the same time in the order in which it was asked for. */
  readonly order: number;
  readonly resume: () => void;
}

const isBefore = (left: Entry, right: Entry): boolean =>
  left.time < right.time || (left.time === right.time && left.order < right.order);

/** A binary heap. */
const createQueue = () => {
  const heap: Entry[] = [];
  const at = (place: number): Entry => heap[place] as Entry;
  const swap = (left: number, right: number): void => {
    [heap[left], heap[right]] = [at(right), at(left)];
  };
  const rise = (from: number): void => {
    for (let place = from; place > 0; ) {
      const parent = (place - 1) >> 1;
      if (!isBefore(at(place), at(parent))) return;
      swap(place, parent);
      place = parent;
    }
  };
  const sink = (): void => {
    for (let place = 0; ; ) {
      const [left, right] = [2 * place + 1, 2 * place + 2];
      let first = place;
      if (left < heap.length && isBefore(at(left), at(first))) first = left;
      if (right < heap.length && isBefore(at(right), at(first))) first = right;
      if (first === place) return;
      swap(place, first);
      place = first;
    }
  };
  return {
    push: (entry: Entry): void => {
      heap.push(entry);
      rise(heap.length - 1);
    },
    /** The next entry, taken out, when it is due by then. */
    take: (until: number): Entry | undefined => {
      const [first] = heap;
      if (first === undefined || first.time > until) return undefined;
      const last = heap.pop() as Entry;
      if (heap.length > 0) {
        heap[0] = last;
        sink();
      }
      return first;
    },
  };
};

export const createVirtualTime = (): VirtualTime => {
  const queue = createQueue();
  let now = 0;
  let orders = 0;
  /** Processes that are neither over nor asleep. */
  let awake = 0;
  let failure: { readonly error: unknown } | undefined;

  const enqueue = (time: number, resume: () => void): void => {
    orders += 1;
    queue.push({ time: Math.max(time, now), order: orders, resume });
  };
  const start = (process: () => unknown): void => {
    awake += 1;
    const result = process();
    if (!(result instanceof Promise)) {
      awake -= 1;
      return;
    }
    result.then(
      () => {
        awake -= 1;
      },
      (error: unknown) => {
        awake -= 1;
        failure ??= { error };
      },
    );
  };
  return {
    now: () => now,
    at: (time, process) => enqueue(time, () => start(process)),
    sleepUntil: (time) => {
      awake -= 1;
      return new Promise((resolve) => {
        enqueue(time, () => {
          awake += 1;
          resolve();
        });
      });
    },
    run: async (until) => {
      for (let entry = queue.take(until); entry !== undefined; entry = queue.take(until)) {
        now = entry.time;
        entry.resume();
        // Everything in here is microtasks: they are let go until every process is over or asleep.
        while (awake > 0) await Promise.resolve();
        if (failure !== undefined) throw failure.error;
      }
      now = until;
    },
  };
};
