// Builds the Worker once for a run of tests, as `wrangler deploy` would, offline.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const wrangler = fileURLToPath(new URL('../../node_modules/wrangler/bin/wrangler.js', import.meta.url));

/** Asks nobody anything, and tells nobody. */
const wranglerEnvironment = {
  CI: '1',
  WRANGLER_SEND_METRICS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_LOG_SANITIZE: 'true',
} as const;

/** @returns the folder with worker.js and what it imports. */
export const buildWorker = async (): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-worker-'));
  const args = [wrangler, 'deploy', '--dry-run', '--outdir', folder];
  await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...wranglerEnvironment } });
  return folder;
};

interface Provides {
  provide(name: 'workerFolder', folder: string): void;
}

declare module 'vitest' {
  interface ProvidedContext {
    workerFolder: string;
  }
}

/** As a global setup of vitest. */
export const setup = async ({ provide }: Provides): Promise<() => void> => {
  const folder = await buildWorker();
  provide('workerFolder', folder);
  return () => rmSync(folder, { recursive: true, force: true });
};
