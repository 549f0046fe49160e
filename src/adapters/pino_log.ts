// Log on standard output with pino: buffered, so that a line costs no system call.
import fs from 'node:fs';
import { pino } from 'pino';
import type { Log, LogLevel } from '../seams/log.ts';

/** A log whose lines wait for a moment before they are written. */
export interface FlushedLog extends Log {
  /** The last thing before the end. Where the reader takes nothing, what is left of the log and the process end by SIGKILL. */
  flush(): Promise<void>;
}

let timed = 0;
let time = '';

/** As pino.stdTimeFunctions.isoTime; the lines of one millisecond share its text. */
const isoTime = (): string => {
  const now = Date.now();
  if (now !== timed) {
    timed = now;
    time = `,"time":"${new Date(now).toISOString()}"`;
  }
  return time;
};

const comesToAnEnd = new Set(['EAGAIN', 'EBUSY']);

/**
 * When the process ends, sonic-boom (4.2.1) repeats a write until it is done, whatever it failed by: where the reader is gone,
 * for ever. What nobody can read any more counts as written then.
 */
const endWithoutReader = (): void => {
  process.prependOnceListener('exit', () => {
    const { writeSync } = fs;
    const writeOrDrop = (fd: number, text: string): number => {
      try {
        return writeSync(fd, text);
      } catch (error) {
        if (comesToAnEnd.has(String((error as NodeJS.ErrnoException).code))) throw error;
        return Buffer.byteLength(text);
      }
    };
    Object.assign(fs, { writeSync: writeOrDrop });
  });
};

/**
 * A write that nobody takes keeps a thread of libuv, and Node waits for its threads whenever it ends, by process.exit too.
 * Nothing is told: standard error is often the same pipe.
 */
const killUnread = (): void => {
  process.kill(process.pid, 'SIGKILL');
};

/** What a pipe takes in one piece (POSIX PIPE_BUF), so that the lines of processes that share it stay whole. */
const pipeBytes = 4096;

/** What is kept for when it can be written again. More is dropped. */
const mostBytesHeld = 16 * 1024 * 1024;

/** Within what is left, after the drain, of the time in which a process of several is to end (node_cluster.ts). */
const mostFlushSeconds = 3;

/** A full disk, say. Who is asked for tokens goes on: sonic-boom keeps the lines, and tries again with the next. */
const outliveErrors = (destination: ReturnType<typeof pino.destination>): void => {
  let told = false;
  destination.on('drain', () => {
    told = false;
  });
  destination.on('error', ({ code }: NodeJS.ErrnoException) => {
    // Without a reader there is no log any more: pino sees to that.
    if (told || code === 'EPIPE') return;
    told = true;
    try {
      fs.writeSync(
        2,
        `keyturn: The log cannot be written to standard output (${code}). Make room, or send it elsewhere; the server goes on, and keeps 16 MB of it meanwhile.\n`,
      );
    } catch {
      // Standard error may be on the same disk.
    }
  });
};

/**
 * A log on standard output that is written within a second, and at once when the process ends.
 *
 * @param shared - whether other processes write to the same output.
 */
export const createPinoLog = (level: LogLevel, shared = false): FlushedLog => {
  endWithoutReader();
  const destination = pino.destination({
    fd: 1,
    sync: false,
    minLength: shared ? pipeBytes / 2 : 16_384,
    maxWrite: shared ? pipeBytes : 65_536,
    maxLength: mostBytesHeld,
    periodicFlush: 1000,
  });
  outliveErrors(destination);
  const logger = pino({ level, base: null, timestamp: isoTime }, destination);
  return {
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    // Not flushSync: it overtakes what is being written.
    flush: () =>
      new Promise((resolve) => {
        const givingUp = setTimeout(killUnread, mostFlushSeconds * 1000);
        destination.flush(() => {
          clearTimeout(givingUp);
          resolve();
        });
      }),
  };
};
