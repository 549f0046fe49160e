// A real Postgres with full durability, in a folder of its own: gone when the bench is, however it ends.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { startCluster } from '../test/postgres/cluster.ts';
import { cpuSecondsOfAll } from './cpu_time.ts';

export interface PostgresProcess {
  /** Of the postmaster, whose children do the work. */
  readonly pid: number;
  /** Of all its processes so far. */
  cpuSeconds(): number;
  url(database: string): string;
  createDatabase(name: string): Promise<string>;
  /** Runs one statement or several in a database. */
  execute(database: string, statements: string): Promise<pg.QueryResult>;
  /** Starts it anew with other settings, where the last of two wins. */
  restart(settings: Readonly<Record<string, string | number>>): Promise<void>;
  remove(): Promise<void>;
}

const endSeconds = 10;

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Waits for it without the event loop, which is over when a process ends: its children write into the folder until then. */
const endNow = (pid: number): void => {
  const givesUpAt = performance.now() + endSeconds * 1000;
  if (isAlive(pid)) process.kill(pid, 'SIGQUIT');
  while (isAlive(pid) && performance.now() < givesUpAt)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
};

/** @param settings - of postgresql.conf, beyond the defaults of the tests. */
export const startPostgres = async (
  settings: Readonly<Record<string, string | number>> = {},
): Promise<PostgresProcess> => {
  const cluster = await startCluster({ shared_buffers: "'256MB'", deadlock_timeout: "'1s'", ...settings });
  const pidNow = (): number =>
    Number.parseInt(readFileSync(join(cluster.folder, 'data', 'postmaster.pid'), 'utf8'), 10);
  let [pid, removed] = [pidNow(), false];
  process.once('exit', () => {
    if (removed) return;
    endNow(pid);
    rmSync(cluster.folder, { recursive: true, force: true });
  });
  const execute = async (database: string, statements: string): Promise<pg.QueryResult> => {
    const session = new pg.Client(cluster.url(database));
    await session.connect();
    try {
      return await session.query(statements);
    } finally {
      await session.end();
    }
  };
  return {
    get pid() {
      return pid;
    },
    cpuSeconds: () => cpuSecondsOfAll(pid),
    url: cluster.url,
    createDatabase: async (name) => {
      await execute('postgres', `create database ${name}`);
      return cluster.url(name);
    },
    execute,
    restart: async (changed) => {
      await cluster.stop();
      cluster.configure(changed);
      await cluster.start();
      pid = pidNow();
    },
    remove: async () => {
      removed = true;
      await cluster.remove();
    },
  };
};
