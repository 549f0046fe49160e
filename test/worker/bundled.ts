// A Worker of the tests' own, or an example's, as a folder of modules.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** @returns the folder with its worker.js and what that imports. */
export const bundleWorker = async (source: string): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-bundle-'));
  await build({
    entryPoints: [source],
    outdir: folder,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'keyturn-source'],
    external: ['node:*', 'crypto'],
    loader: { '.wasm': 'copy' },
    entryNames: 'worker',
    logLevel: 'silent',
  });
  return folder;
};
