// The real server and the real command line as child processes, each in a folder of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../src/config.ts';
import { atFileEnd } from './file_end.ts';
import { freePort } from './free_port.ts';

/** What `keyturn` runs. */
export const launcher = fileURLToPath(new URL('../src/launch.js', import.meta.url));
const pollMilliseconds = 20;
/** How long a test of processes may take: far more than it does, for machines that are busy with other things. */
export const processTestMilliseconds = 120_000;
const mostPolls = 4500;

/** Compiled once for the hundreds of short processes that the tests start. */
const compileCache = process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'keyturn-test-compile-cache');

export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true });
/** A new one, which is removed when the test file is over. */
export const makeFolder = (parent = tmpdir()): string => {
  const folder = mkdtempSync(join(parent, 'keyturn-test-'));
  atFileEnd(() => removeFolder(folder));
  return folder;
};
export const databasePathIn = (folder: string): string => join(folder, 'keyturn.sqlite');
export const ringPathIn = (folder: string): string => join(folder, 'kek_ring.json');

/** Polls until there is something. @throws when there never is. */
export const until = async <Result>(
  what: string,
  look: () => Result | undefined | Promise<Result | undefined>,
): Promise<Result> => {
  for (let poll = 0; poll < mostPolls; poll += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await wait(pollMilliseconds);
  }
  throw new Error(`waited in vain until ${what}`);
};

const inherited = (): Environment =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(KEYTURN_|NODE_|VITEST)/.test(name)));

export const environmentFor = (folder: string, environment: Environment): Environment => ({
  KEYTURN_DATABASE_URL: `file:${databasePathIn(folder)}`,
  KEYTURN_KEK_RING_FILE: ringPathIn(folder),
  ...environment,
});

export interface Ended {
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it wrote so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Ended>;
}

const running = new Set<ChildProcess>();
const killRunning = (): void => {
  for (const child of running) child.kill('SIGKILL');
};
process.once('exit', killRunning);

/** Starts a program, gathering what it writes. It does not outlive the test file. */
export const start = (command: string, args: readonly string[], folder: string, environment: Environment): Running => {
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...inherited(), NODE_COMPILE_CACHE: compileCache, ...environment } as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    written.stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    written.stderr += chunk;
  });
  running.add(child);
  const forget = atFileEnd(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const ended = once(child, 'close').then(([code, signal]) => {
    running.delete(child);
    forget();
    return { code, signal } as Ended;
  });
  if (child.pid === undefined) throw new Error(`${command} could not be started`);
  return { child, pid: child.pid, stdout: () => written.stdout, stderr: () => written.stderr, ended };
};

export interface Outcome extends Ended {
  readonly stdout: string;
  readonly stderr: string;
}

export const outcomeOf = async ({ ended, stdout, stderr }: Running): Promise<Outcome> => ({
  ...(await ended),
  stdout: stdout(),
  stderr: stderr(),
});

/** Runs `keyturn ARGS` to its end. */
export const runCli = (args: readonly string[], folder: string, environment: Environment = {}): Promise<Outcome> =>
  outcomeOf(start(process.execPath, [launcher, ...args], folder, environmentFor(folder, environment)));

export interface RunningServer extends Running {
  /** Where it answers, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly issuer: string;
  readonly folder: string;
  /** SIGTERM, and its end. */
  stop(): Promise<Ended>;
  /** SIGKILL, and its end. */
  kill(): Promise<Ended>;
}

const answers = async (url: string): Promise<true | undefined> => {
  try {
    const response = await fetch(`${url}/health/live`);
    await response.body?.cancel();
    return true;
  } catch {
    return undefined;
  }
};

/** What runs `keyturn serve`. */
const keyturn = [process.execPath, launcher] as const;

/**
 * Starts `keyturn serve` and waits until it listens. The issuer is its own address unless `environment` says otherwise.
 *
 * @param command - what runs it: a Node with options, or another version of Keyturn.
 */
export const startServer = async (
  folder: string,
  environment: Environment = {},
  [program, ...args]: readonly [string, ...string[]] = keyturn,
): Promise<RunningServer> => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const issuer = environment.KEYTURN_ISSUER ?? url;
  const settings = environmentFor(folder, { KEYTURN_ISSUER: issuer, KEYTURN_PORT: `${port}`, ...environment });
  const server = start(program, [...args, 'serve'], folder, settings);
  /** One that logs errors alone does not say so. */
  const isSilent = environment.KEYTURN_LOG_LEVEL === 'error';
  const end = (signal: NodeJS.Signals) => () => {
    server.child.kill(signal);
    return server.ended;
  };
  await until('the server listens', () => {
    const { exitCode, signalCode } = server.child;
    if (exitCode !== null || signalCode !== null)
      throw new Error(`the server ended before it listened: ${server.stderr()}`);
    // Somebody else may have taken the port meanwhile.
    return isSilent || server.stdout().includes('"listening"') ? answers(url) : undefined;
  }).catch((cause: unknown) => {
    throw new Error(`no server at ${url}; it wrote: ${server.stdout()}${server.stderr()}`, { cause });
  });
  return { ...server, url, port, issuer, folder, stop: end('SIGTERM'), kill: end('SIGKILL') };
};
