// Runs the bench's child processes: started with a reply channel, and gone when the bench is, however it ends.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const endMilliseconds = 5000;
const mostComplaintCharacters = 4000;

export interface Child {
  /** The next message; rejects with what the child wrote to stderr when it ends instead. */
  reply(): Promise<unknown>;
  send(message: object): void;
  end(): Promise<void>;
}

const endChild = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const killing = setTimeout(() => child.kill('SIGKILL'), endMilliseconds);
  if (child.connected) child.disconnect();
  await exited;
  clearTimeout(killing);
};

/** @param file - relative to bench/. */
export const startChild = (file: string, ...parameters: readonly string[]): Child =>
  startBehind([], file, ...parameters);

/** @param behind - a command that runs another, with its options: the child is what it runs. */
export const startBehind = (behind: readonly string[], file: string, ...parameters: readonly string[]): Child => {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const [execPath = process.execPath, ...execArgv] = [...behind, process.execPath];
  const child = fork(path, parameters, { execPath, execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let complaints = '';
  child.stderr?.on('data', (chunk) => {
    complaints = (complaints + chunk).slice(-mostComplaintCharacters);
  });
  const ended = once(child, 'close').then(() => {
    throw new Error(`bench/${file} ended without an answer. It said:\n${complaints}`);
  });
  ended.catch(() => undefined);
  return {
    reply: async () => (await Promise.race([once(child, 'message'), ended]))[0],
    send: (message) => {
      child.send(message);
    },
    end: () => endChild(child),
  };
};
