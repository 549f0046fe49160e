// A thread that answers each message with one, and does nothing between them.
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** What to do where one could not be started. */
export const threadAdvice =
  'No thread could be started. Allow this user or service more of them (TasksMax of systemd, a limit of pids), of open files (LimitNOFILE) or of memory.';

/** Nothing to finish: a process that ends does not wait for it. What goes wrong in it is told to who asks it. */
export const startThread = (file: string, ended: (thread: Worker) => void, options?: WorkerOptions): Worker => {
  const thread = new Worker(new URL(file, import.meta.url), options);
  thread.unref();
  thread.on('error', () => undefined);
  thread.once('exit', () => ended(thread));
  return thread;
};

/** One at a time. @throws {Error} when the thread ends instead, which says what went wrong in it. */
export const askThread = <Answer>(thread: Worker, message: unknown): Promise<Answer> => {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  let cause: unknown;
  const onError = (error: unknown): void => {
    cause = error;
  };
  const onExit = (): void =>
    reject(new Error(`The thread ended before it answered: ${cause ?? 'it said nothing'}.`, { cause }));
  thread.once('error', onError);
  thread.once('exit', onExit);
  thread.once('message', (answer: Answer) => {
    thread.off('error', onError);
    thread.off('exit', onExit);
    resolve(answer);
  });
  thread.postMessage(message);
  return promise;
};
