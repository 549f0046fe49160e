import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';

const productsBehindSeams = [
  'better-sqlite3',
  'pg',
  'drizzle-orm',
  'pino',
  'prom-client',
  '@opentelemetry/api',
  'commander',
  '@hono/node-server',
  '@node-rs/argon2',
  '@node-rs/bcrypt',
];

/** What any entry takes from the core, whatever it runs on. */
const takenByEveryEntry = ['app.ts', 'config.ts', 'keys/key_ring.ts', 'keys/rotation.ts', 'adapters/jose_key_vault.ts'];

/** What sources come to as one file: its bytes, the sources in it, and the modules it leaves to its surroundings. */
const bundle = async (sources: readonly string[]) => {
  const contents = sources.map((source) => `export * from './src/${source}';`).join('\n');
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: '.' },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: 'neutral',
    format: 'esm',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker'],
    external: ['node:*', ...productsBehindSeams],
    logLevel: 'silent',
  });
  const reached = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  return { bytes: outputFiles[0]?.contents ?? new Uint8Array(), inputs: Object.keys(metafile.inputs), reached };
};

const core = await bundle(takenByEveryEntry);
const kilobytes = Math.ceil(gzipSync(core.bytes).length / 1024);
const mostKilobytes = 200;

describe('the core runs where Node does not: as one bundle it', () => {
  test(`is ${kilobytes} KB, minified and gzipped`, () => {
    expect(core.inputs).toContain('src/endpoints/token.ts');
    expect(kilobytes).toBeLessThan(mostKilobytes);
  });

  test('reaches node:crypto and node:buffer alone, and no product that stands behind a seam', () => {
    expect(core.reached.filter((path) => !['node:crypto', 'node:buffer'].includes(path))).toEqual([]);
  });

  test('is judged by a check that sees what it looks for: the Node entry reaches SQLite and the file system', async () => {
    const { reached } = await bundle(['node.ts']);
    expect(reached).toEqual(expect.arrayContaining(['better-sqlite3', 'drizzle-orm', 'node:fs']));
  });
});

/** What is loaded at once when a source is: everything it imports, but not what it asks for later by import(). */
const loadedBy = async (source: string): Promise<readonly string[]> => {
  const { metafile } = await build({
    entryPoints: [`src/${source}`],
    bundle: true,
    write: false,
    outdir: 'out',
    metafile: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
  });
  const loaded = new Set<string>([`src/${source}`]);
  for (const path of loaded)
    for (const imported of metafile.inputs[path]?.imports ?? [])
      if (imported.kind === 'import-statement') loaded.add(imported.path);
  return [...loaded];
};

describe('what is off costs nothing: to serve', () => {
  test('loads neither prom-client nor OpenTelemetry, which are asked for when they are configured', async () => {
    const loaded = await loadedBy('cli/serve.ts');
    expect(loaded).toContain('pino');
    expect(loaded.filter((path) => /prom-client|opentelemetry/.test(path))).toEqual([]);
    expect(await loadedBy('adapters/opentelemetry_tracer.ts')).toContain('@opentelemetry/sdk-trace');
  });
});
