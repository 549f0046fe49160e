// Several processes that share one listening socket, with node:cluster: the first of them answers nothing, it starts anew
// what died, and ends all of them together.
import cluster, { type Worker } from 'node:cluster';
import { OperatorError } from '../errors.ts';
import type { Log } from '../seams/log.ts';

const firstDelaySeconds = 0.1;
const mostDelaySeconds = 10;
/** One that lived so long was not to blame for how the one before it ended. */
const soundSeconds = 30;
/** Beyond the drain: to close the database, and to end. */
const endSeconds = 5;
const answerSeconds = 1;
/** Longer than the first process itself waits for answers. */
const firstAnswerSeconds = 5;

/** What processes send each other, beside what node:cluster itself does. */
type Message =
  | { readonly keyturn: 'ask' | 'answer'; readonly id: number; readonly value?: unknown }
  | { readonly keyturn: 'serving' };

const isMessage = (message: unknown): message is Message =>
  typeof message === 'object' && message !== null && 'keyturn' in message;

/** Whether this process was started by another, to share its port. */
export const isSharingProcess = (): boolean => cluster.isWorker;

/** Tells the first process that this one serves. */
export const tellServing = (): void => {
  process.send?.({ keyturn: 'serving' } satisfies Message);
};

/** Lets this process end as soon as it has nothing else to do, though the first one could still talk to it. */
export const endWithoutFirstProcess = (): void => process.channel?.unref();

/**
 * Answers what the first process asks, and asks it in turn: one question each way, whatever it is about. One that it does not
 * answer is given up, with an error.
 */
export const talkToFirstProcess = (answer: () => Promise<unknown>): { ask(): Promise<unknown> } => {
  const waiting = new Map<number, (value: unknown) => void>();
  let asked = 0;
  process.on('message', (message: unknown) => {
    if (!isMessage(message) || message.keyturn === 'serving') return;
    const { id } = message;
    if (message.keyturn === 'answer') {
      waiting.get(id)?.(message.value);
      waiting.delete(id);
      return;
    }
    answer().then(
      (value) => process.send?.({ keyturn: 'answer', id, value } satisfies Message),
      () => undefined,
    );
  });
  return {
    ask: () =>
      new Promise((resolve, reject) => {
        asked += 1;
        const id = asked;
        const givingUp = setTimeout(() => {
          waiting.delete(id);
          reject(new Error('the first process did not answer'));
        }, firstAnswerSeconds * 1000);
        waiting.set(id, (value) => {
          clearTimeout(givingUp);
          resolve(value);
        });
        process.send?.({ keyturn: 'ask', id } satisfies Message);
      }),
  };
};

export interface ProcessGroupOptions {
  readonly count: number;
  readonly drainSeconds: number;
  readonly log: Log;
  /** What a process is answered when it asks. */
  readonly answer: () => Promise<unknown>;
  /** Told that one is started in place of one that died. */
  readonly onRestart: () => void;
  /** Told of the last answer of a process that ended. */
  readonly onEnd: (process: number) => void;
}

export interface ProcessGroup {
  /** Once every process has served. @throws {OperatorError} when one ends before. */
  readonly serving: Promise<void>;
  running(): number;
  /** Asks every process. @returns the answers by process; those that do not answer in a second are left out. */
  ask(): Promise<ReadonlyMap<number, unknown>>;
  /** Ends them all: each drains by itself, and what does not end in time is killed. */
  stop(): Promise<void>;
}

const pidOf = ({ process: { pid } }: Worker): number | undefined => pid;

export const startProcesses = (options: ProcessGroupOptions): ProcessGroup => {
  const { count, drainSeconds, log, answer, onRestart, onEnd } = options;
  // Each takes its connections from the socket itself. Handed out by the first one in turn, a connection that is on its way to
  // a process that dies is answered by nobody, and its client waits for ever.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  // Numbers may be infinite, which JSON has no word for.
  cluster.setupPrimary({ serialization: 'advanced' });
  const live = new Set<Worker>();
  const served = new Set<number>();
  const timers = new Set<NodeJS.Timeout>();
  const asked = new Map<number, (worker: Worker, value: unknown) => void>();
  let questions = 0;
  let failures = 0;
  let stopping = false;
  const allServe = Promise.withResolvers<void>();
  const allEnded = Promise.withResolvers<void>();

  const restart = (lived: number): void => {
    failures = lived >= soundSeconds ? 0 : failures;
    const delaySeconds = Math.min(mostDelaySeconds, firstDelaySeconds * 2 ** failures);
    failures += 1;
    const timer = setTimeout(() => {
      timers.delete(timer);
      onRestart();
      fork();
    }, delaySeconds * 1000);
    timers.add(timer);
  };

  const takeMessage = (worker: Worker, message: unknown): void => {
    if (!isMessage(message)) return;
    if (message.keyturn === 'serving') {
      served.add(worker.id);
      if (served.size === count) allServe.resolve();
    } else if (message.keyturn === 'answer') asked.get(message.id)?.(worker, message.value);
    else if (message.keyturn === 'ask') reply(worker, message.id);
  };

  const reply = (worker: Worker, id: number): void => {
    answer().then(
      (value) => {
        if (worker.isConnected()) worker.send({ keyturn: 'answer', id, value } satisfies Message);
      },
      (error: unknown) => log.error({ reason: String(error) }, 'a process could not be answered'),
    );
  };

  const fork = (): void => {
    const started = performance.now();
    const worker = cluster.fork();
    live.add(worker);
    worker.on('message', (message: unknown) => takeMessage(worker, message));
    // A process that is gone cannot be told anything: its end says so itself.
    worker.on('error', () => undefined);
    worker.once('exit', (code, signal) => {
      live.delete(worker);
      onEnd(worker.id);
      if (stopping) {
        if (live.size === 0) allEnded.resolve();
        return;
      }
      if (served.size < count)
        return allServe.reject(new OperatorError('A process ended before it served. What it said is above.'));
      log.error({ pid: pidOf(worker), code, signal }, 'a process ended, another is started in its place');
      restart((performance.now() - started) / 1000);
    });
  };

  for (let started = 0; started < count; started += 1) fork();

  return {
    serving: allServe.promise,
    running: () => live.size,
    ask: () =>
      new Promise((resolve) => {
        questions += 1;
        const id = questions;
        const answers = new Map<number, unknown>();
        const those = [...live].filter((worker) => worker.isConnected());
        const done = (): void => {
          clearTimeout(timer);
          asked.delete(id);
          resolve(answers);
        };
        const timer = setTimeout(done, answerSeconds * 1000);
        asked.set(id, (worker, value) => {
          answers.set(worker.id, value);
          if (answers.size === those.length) done();
        });
        for (const worker of those) worker.send({ keyturn: 'ask', id } satisfies Message);
        if (those.length === 0) done();
      }),
    stop: async () => {
      stopping = true;
      for (const timer of timers) clearTimeout(timer);
      for (const worker of live) worker.process.kill('SIGTERM');
      if (live.size === 0) return;
      const killing = setTimeout(
        () => {
          for (const worker of live) {
            log.error({ pid: pidOf(worker) }, 'a process did not end in time and is killed');
            worker.process.kill('SIGKILL');
          }
        },
        (drainSeconds + endSeconds) * 1000,
      );
      await allEnded.promise;
      clearTimeout(killing);
    },
  };
};
