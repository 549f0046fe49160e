// `npm run bench:status`: a million living tokens with a place in status lists: what a list weighs, what the issuer keeps
// in memory, how long publishing takes, and what a place costs when a token is issued.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createBetterSqlite3Store } from '../src/adapters/better_sqlite3_store.ts';
import { nodeZlibDeflate } from '../src/adapters/node_zlib_deflate.ts';
import { systemClock } from '../src/adapters/system_clock.ts';
import { clientDefaults } from '../src/seams/client_store.ts';
import { createPlaceAllocator } from '../src/status_lists/place_allocator.ts';
import { createRevocationView } from '../src/status_lists/revocation_view.ts';
import { ownCpuSeconds } from './cpu_time.ts';

const { values: options } = parseArgs({ options: { tokens: { type: 'string', default: '1000000' } } });
const tokens = Number(options.tokens);
const clients = 100;
const places = 2 ** 20;
const lifetime = 600;
const rates = [0, 0.001, 0.01];
const atOnce = 1000;

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`;

const folder = mkdtempSync(join(tmpdir(), 'keyturn-bench-status-'));
const store = createBetterSqlite3Store(join(folder, 'keyturn.sqlite'), systemClock);

const memory = (): number => {
  globalThis.gc?.();
  return process.memoryUsage.rss();
};

const addClients = async (): Promise<void> => {
  for (let client = 0; client < clients; client += 1)
    await store.addClient({
      ...clientDefaults,
      clientId: `client-${client}`,
      grantTypes: ['client_credentials'],
      scope: [],
      resources: [],
      clientSecretSha256: null,
      clientIdIssuedAt: 0,
    });
};

/** @returns the places, and what they cost. */
const issuePlaces = async () => {
  const allocator = createPlaceAllocator({ store, clock: systemClock, places });
  const expiresAt = systemClock.now() + lifetime;
  const taken: { readonly listId: string; readonly turn: number }[] = [];
  const [started, cpuBefore] = [performance.now(), ownCpuSeconds()];
  for (let token = 0; token < tokens; token += atOnce) {
    const client = { clientId: `client-${(token / atOnce) % clients}`, tokensNotBefore: null };
    const batch = Array.from({ length: atOnce }, () => allocator.allocate(client, expiresAt, lifetime));
    for (const { place } of await Promise.all(batch)) taken.push(place);
  }
  const cpuMicroseconds = ((ownCpuSeconds() - cpuBefore) * 1e6) / tokens;
  return { taken, seconds: (performance.now() - started) / 1000, cpuMicroseconds };
};

const publish = async (revoked: number, view: ReturnType<typeof createRevocationView>) => {
  const started = performance.now();
  await view.refresh();
  const read = performance.now();
  const sizes: number[] = [];
  for (const { listId } of view.lists())
    sizes.push((await nodeZlibDeflate(view.list(listId)?.bits ?? new Uint8Array())).length);
  const compressed = performance.now();
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return { revoked, lists: sizes.length, bytes, readMilliseconds: read - started, zlibMilliseconds: compressed - read };
};

try {
  await addClients();
  const before = memory();
  const { taken, seconds, cpuMicroseconds } = await issuePlaces();
  const view = createRevocationView({ store, clock: systemClock, retentionSeconds: () => 7200, polled: false });
  await view.refresh();
  console.log(
    `${tokens} living tokens of ${clients} clients, lists of ${places} places: ${view.lists().length} lists.`,
  );
  console.log(`A place costs ${cpuMicroseconds.toFixed(1)} us CPU; all took ${seconds.toFixed(1)} s.`);
  // The array of places is the bench's own.
  console.log(
    `The issuer's memory grew by ${megabytes(memory() - before)}, the bench's own list of the places included.`,
  );
  let next = 0;
  for (const rate of rates) {
    const wanted = Math.round(tokens * rate);
    const step = Math.max(1, Math.floor(tokens / Math.max(1, wanted)));
    const denials: Promise<void>[] = [];
    for (; next < wanted; next += 1)
      denials.push(store.denyToken(`jti-${next}`, systemClock.now() + lifetime, taken[(next * step) % tokens]));
    const started = performance.now();
    await Promise.all(denials);
    const writing = performance.now() - started;
    const { revoked, lists, bytes, readMilliseconds, zlibMilliseconds } = await publish(wanted, view);
    console.log(
      `${(rate * 100).toFixed(1)}% revoked (${revoked}): ${kilobytes(bytes)} in ${lists} lists (${kilobytes(bytes / lists)} each, ${kilobytes((bytes * 4) / 3 / lists)} in base64url); ` +
        `read in ${readMilliseconds.toFixed(0)} ms, compressed in ${zlibMilliseconds.toFixed(0)} ms off the event loop, ${writing.toFixed(0)} ms to write; memory ${megabytes(memory() - before)}`,
    );
  }
} finally {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
}
