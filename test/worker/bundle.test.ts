import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, inject, test } from 'vitest';
import { compatibility } from './running_worker.ts';

const folder = inject('workerFolder');
const files = readdirSync(folder).filter((name) => /\.(js|wasm)$/.test(name));
const bytesOf = (name: string): Buffer => readFileSync(join(folder, name));
const kilobytes = Math.ceil(files.reduce((sum, name) => sum + gzipSync(bytesOf(name)).length, 0) / 1024);
/** Cloudflare's free plan takes 3 MB. What is parsed at a cold start is what counts. */
const mostKilobytes = 400;

const script = bytesOf('worker.js').toString();
const { metafile } = await build({
  entryPoints: [join(folder, 'worker.js')],
  bundle: true,
  external: ['*'],
  format: 'esm',
  metafile: true,
  write: false,
  logLevel: 'silent',
});
const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
/** What bcryptjs calls node:crypto. */
const bare = 'crypto';

describe('the Worker as it is deployed', () => {
  test(`is ${kilobytes} KB, minified and gzipped, with its WebAssembly`, () => {
    expect(files).toHaveLength(2);
    expect(kilobytes).toBeLessThan(mostKilobytes);
  });

  test('imports modules of the runtime and its WebAssembly, and nothing that is native', () => {
    expect(imported.length).toBeGreaterThan(3);
    expect(
      imported.filter((name) => name !== bare && !/^(node:[\w/]+|cloudflare:\w+|\.\/[\w-]+\.wasm)$/.test(name)),
    ).toEqual([]);
    expect(script).not.toMatch(/\.node["']|better-sqlite3|@node-rs|createRequire/);
  });

  test('is tested under the compatibility that wrangler.toml asks for, with the tables that Node has', () => {
    const settings = readFileSync('wrangler.toml', 'utf8');
    expect(settings).toContain(`compatibility_date = "${compatibility.compatibilityDate}"`);
    expect(settings).toContain(`compatibility_flags = ${JSON.stringify(compatibility.compatibilityFlags)}`);
    expect(settings).toContain('migrations_dir = "drizzle/sqlite"');
    // Cloudflare's own record of a request has its whole URL, and in it what no log may have.
    expect(settings).toMatch(/^\[observability\.logs\]\ninvocation_logs = false$/m);
    // Who deploys it as it is must not get keys that are bound to somebody else's issuer for good.
    expect(settings).not.toMatch(/^KEYTURN_ISSUER/m);
  });
});
