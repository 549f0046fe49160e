// Keyturn as it is run: `src/launch.js serve` with the default configuration, in a temporary folder of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../test/free_port.ts';

const startSeconds = 30;
const killMilliseconds = 3000;

/** @returns a folder that is gone when this process is. */
export const benchFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** The surroundings without any setting of Keyturn's, so that all but the places are defaults. */
const surroundings = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('KEYTURN_')));

export const databaseIn = (folder: string): string => join(folder, 'keyturn.sqlite');

export const placesIn = (folder: string, issuer: string): Readonly<Record<string, string>> => ({
  KEYTURN_ISSUER: issuer,
  KEYTURN_DATABASE_URL: `file:${databaseIn(folder)}`,
  KEYTURN_KEK_RING_FILE: join(folder, 'kek_ring.json'),
});

export interface KeyturnProcess {
  /** Where it answers; of the first node it is the issuer's name, too. */
  readonly issuer: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** @param settings - beyond the places; another node of one issuer names that, and its port. Resolves once it signs. */
export const startKeyturn = async (
  folder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<KeyturnProcess> => {
  const issuer = `http://127.0.0.1:${settings.KEYTURN_PORT ?? (await freePort())}`;
  const server = spawn(process.execPath, [fileURLToPath(new URL('../src/launch.js', import.meta.url)), 'serve'], {
    // Standard output, the log of requests, goes to the null device.
    stdio: ['ignore', 'ignore', 'inherit'],
    // One client stands for all there are.
    env: { ...surroundings, ...placesIn(folder, issuer), KEYTURN_CLIENT_REQUESTS_PER_SECOND: '0', ...settings },
  });
  process.once('exit', () => server.kill('SIGKILL'));
  const isReady = (): Promise<boolean> =>
    fetch(`${issuer}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  const deadline = performance.now() + startSeconds * 1000;
  while (!(await isReady())) {
    if (server.exitCode !== null) throw new Error(`Keyturn ended with ${server.exitCode} before it was ready.`);
    if (performance.now() > deadline) throw new Error(`Keyturn was not ready after ${startSeconds} s.`);
    await wait(50);
  }
  return {
    issuer,
    pid: server.pid ?? 0,
    stop: async () => {
      if (server.exitCode !== null || server.signalCode !== null) return;
      server.kill('SIGTERM');
      await Promise.race([once(server, 'exit'), wait(killMilliseconds)]);
    },
  };
};
