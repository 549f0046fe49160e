// Requests at a constant rate, whatever becomes of those before: each is timed from when it was due, so that a server that
// stands still is charged for all that had to wait (coordinated omission).
import { type Answer, type Connection, openConnection } from './connection.ts';

export interface Planned {
  readonly kind: string;
  readonly request: string;
  readonly answered?: (answer: Answer) => void;
}

export interface LoadOptions {
  readonly port: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly connections: number;
  /** The next request. */
  readonly next: () => Planned;
  /** How long after the end answers are still waited for. */
  readonly tailSeconds?: number;
}

export interface LoadReport {
  /** Milliseconds from when each was due to its whole answer, by kind. */
  readonly milliseconds: ReadonlyMap<string, readonly number[]>;
  /** How many answers of each status, by kind; 0 for those that never came. */
  readonly statuses: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** Of answers with 200 or 303, within the time itself. */
  readonly goodPerSecond: number;
  readonly sent: number;
}

const tickMilliseconds = 2;
const mostSentKept = 50_000;
/** Of the requests of a rate that it keeps up with. */
const keptUpPart = 0.9;
const mostTries = 3;

export const openLoop = async (options: LoadOptions): Promise<LoadReport> => {
  const { port, perSecond, seconds, connections, next, tailSeconds = 10 } = options;
  const idle: Connection[] = Array.from({ length: connections }, () => openConnection(port));
  const all = [...idle];
  const waiting: { readonly planned: Planned; readonly due: number }[] = [];
  const milliseconds = new Map<string, number[]>();
  const statuses = new Map<string, Map<number, number>>();
  const started = performance.now();
  const ends = started + seconds * 1000;
  let [due, sent, underWay, good, from] = [0, 0, 0, 0, 0];
  let over = false;

  const note = (kind: string, status: number, took: number): void => {
    const counts = statuses.get(kind) ?? new Map<number, number>();
    counts.set(status, (counts.get(status) ?? 0) + 1);
    statuses.set(kind, counts);
    const times = milliseconds.get(kind) ?? [];
    times.push(took);
    milliseconds.set(kind, times);
    if ((status === 200 || status === 303) && performance.now() < ends) good += 1;
  };
  const send = async (connection: Connection, { planned, due: wasDue }: (typeof waiting)[number]): Promise<void> => {
    underWay += 1;
    sent += 1;
    const answer = await connection.ask(planned.request);
    underWay -= 1;
    note(planned.kind, answer.status, performance.now() - wasDue);
    planned.answered?.(answer);
    idle.push(connection);
    pump();
  };
  /** A bug of what is told the answer: nothing is measured then. */
  const fail = (error: unknown): never => {
    throw error;
  };
  const pump = (): void => {
    while (!over && from < waiting.length && idle.length > 0) {
      const connection = idle.pop();
      const first = waiting[from];
      from += 1;
      if (connection !== undefined && first !== undefined) send(connection, first).catch(fail);
    }
  };
  const plan = (): void => {
    // What was sent is let go from time to time.
    if (from > mostSentKept) {
      waiting.splice(0, from);
      from = 0;
    }
    const now = Math.min(performance.now(), ends);
    for (; started + (due / perSecond) * 1000 < now; due += 1) {
      waiting.push({ planned: next(), due: started + (due / perSecond) * 1000 });
    }
    pump();
  };
  await new Promise<void>((done) => {
    const timer = setInterval(() => {
      plan();
      const now = performance.now();
      if (now < ends || (underWay + waiting.length - from > 0 && now < ends + tailSeconds * 1000)) return;
      clearInterval(timer);
      done();
    }, tickMilliseconds);
  });
  over = true;
  // What never came has taken at least so long.
  for (const { planned, due: wasDue } of waiting.slice(from)) note(planned.kind, 0, performance.now() - wasDue);
  for (const connection of all) connection.close();
  return { milliseconds, statuses, goodPerSecond: good / seconds, sent };
};

/** Raises the rate until less than nine of ten requests are answered in their time. @returns what was answered a second at most. */
export const findCapacity = async (
  options: Omit<LoadOptions, 'perSecond' | 'seconds'>,
  { from, secondsAStep }: { readonly from: number; readonly secondsAStep: number },
): Promise<number> => {
  const goodAt = async (perSecond: number): Promise<number> =>
    (await openLoop({ ...options, perSecond, seconds: secondsAStep, tailSeconds: 5 })).goodPerSecond;
  // Code is compiled and caches are filled first.
  await goodAt(from);
  let best = 0;
  for (let perSecond = from; ; perSecond *= 1.4) {
    for (let tries = 1; best < perSecond * keptUpPart; tries += 1) {
      // A machine that does other things as well may have been away.
      if (tries > mostTries) return best;
      best = Math.max(best, await goodAt(perSecond));
    }
  }
};

/**
 * Raises the rate until more than one request in a hundred is answered later than `withinMilliseconds` after it was due.
 *
 * @returns the highest rate a second at which none was.
 */
export const findSustained = async (
  options: Omit<LoadOptions, 'perSecond' | 'seconds'>,
  steps: { readonly from: number; readonly secondsAStep: number; readonly withinMilliseconds: number },
): Promise<number> => {
  const { from, secondsAStep: seconds, withinMilliseconds } = steps;
  const isSustained = async (perSecond: number): Promise<boolean> => {
    const { milliseconds } = await openLoop({ ...options, perSecond, seconds });
    return quantileOf([...milliseconds.values()].flat(), 0.99) <= withinMilliseconds;
  };
  // Code is compiled and caches are filled first.
  await isSustained(from);
  let sustained = 0;
  for (let perSecond = from; ; perSecond *= 1.25) {
    let is = false;
    // A machine that does other things as well may have been away.
    for (let tries = 1; !is && tries <= mostTries; tries += 1) is = await isSustained(perSecond);
    if (!is) return sustained;
    sustained = perSecond;
  }
};

/** @param part - 0.5 for the median. */
export const quantileOf = (values: readonly number[], part: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
};
