// The built Worker in a real workerd, with a real D1, answering on a port of loopback.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { createRemoteStore } from '../../src/adapters/remote_store.ts';
import type { Environment } from '../../src/config.ts';
import type { AdministeredStore } from '../../src/seams/administered_store.ts';
import { freePort } from '../free_port.ts';
import { makeKekRing } from '../test_provider.ts';

const migrations = fileURLToPath(new URL('../../drizzle/sqlite/', import.meta.url));
/** As in wrangler.toml, which the tests of the deployment hold it against. */
export const compatibility = { compatibilityDate: '2026-10-01', compatibilityFlags: ['nodejs_compat'] };

export const makeToken = (): string => randomBytes(32).toString('base64url');

/** Another Worker beside the issuer's. */
export interface Neighbour {
  readonly name: string;
  /** Where its worker.js is, with what that imports. */
  readonly folder: string;
  /** Names under which it has others. */
  readonly serviceBindings: Readonly<Record<string, string>>;
  /** Whether it has the bindings of the issuer, and its database. */
  readonly isIssuer: boolean;
  /** Bindings that an issuer has in place of its own; undefined is none. */
  readonly insteadOf?: Readonly<Record<string, string | number | undefined>>;
  /** In place of the issuer's database: one without tables, one that lacks the last migration, or no binding at all. */
  readonly database?: 'without tables' | 'older' | 'none';
}

export interface WorkerOptions {
  readonly workerFolder: string;
  readonly environment?: Environment;
  /** How many Workers, each an isolate of its own, stand on the one database; they are named issuer-0, issuer-1, ... */
  readonly isolates?: number;
  readonly neighbours?: readonly Neighbour[];
  /** Kept from one start to the next. */
  readonly persistIn?: string;
  /** Whether the ratelimit binding is there. */
  readonly addressLimit?: boolean;
}

export interface RunningWorker {
  readonly issuer: string;
  readonly token: string;
  readonly environment: Environment;
  readonly store: AdministeredStore;
  readonly miniflare: Miniflare;
  /** Sends to one of the Workers by its name, as if for the issuer's address. */
  ask(name: string, path: string, init?: RequestInit): Promise<Response>;
  /** A cron trigger of a Worker, and its end. */
  trigger(name?: string): Promise<string>;
  /** What was logged, one record a line. */
  readonly logged: readonly string[];
  close(): Promise<void>;
}

const modulesIn = (folder: string) => [
  { type: 'ESModule' as const, path: join(folder, 'worker.js') },
  ...readdirSync(folder)
    .filter((name) => name.endsWith('.wasm'))
    .map((name) => ({ type: 'CompiledWasm' as const, path: join(folder, name) })),
];

export const migrationFiles: readonly string[] = readdirSync(migrations)
  .filter((name) => name.endsWith('.sql'))
  .sort();

/** To the database of a Worker. */
export const applyMigrations = async (
  miniflare: Miniflare,
  worker: string,
  files: readonly string[],
): Promise<void> => {
  const database = await miniflare.getD1Database('DB', worker);
  for (const file of files) {
    const statements = readFileSync(join(migrations, file), 'utf8').split('--> statement-breakpoint');
    await database.batch(statements.map((statement) => database.prepare(statement)));
  }
};

const hasTables = async (miniflare: Miniflare): Promise<boolean> => {
  const database = await miniflare.getD1Database('DB', 'issuer-0');
  const found = await database.prepare("select name from sqlite_master where name = 'signing_key'").all();
  return found.results.length > 0;
};

export const startWorker = async (options: WorkerOptions): Promise<RunningWorker> => {
  const { workerFolder, isolates = 1, neighbours = [], persistIn, addressLimit = true } = options;
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const environment: Environment = {
    KEYTURN_ISSUER: issuer,
    KEYTURN_KEK_RING: makeKekRing(),
    KEYTURN_ADMIN_TOKEN: makeToken(),
    ...options.environment,
  };
  const given = <Value>(bindings: Readonly<Record<string, Value | undefined>>) =>
    Object.fromEntries(Object.entries(bindings).filter(([, value]) => value !== undefined)) as Record<string, Value>;
  const bindings = given(environment);
  const logged: string[] = [];
  const issuers = Array.from({ length: isolates }, (_, place) => ({
    name: `issuer-${place}`,
    modules: modulesIn(workerFolder),
    modulesRoot: workerFolder,
    ...compatibility,
    bindings,
    d1Databases: { DB: 'keyturn' },
    ...(addressLimit && {
      ratelimits: { ADDRESS_LIMIT: { namespace_id: '1001', simple: { limit: 120, period: 60 as const } } },
    }),
  }));
  const others = neighbours.map(({ name, folder, serviceBindings, isIssuer, insteadOf, database }) => ({
    name,
    modules: modulesIn(folder),
    modulesRoot: folder,
    ...compatibility,
    ...(isIssuer && { bindings: given<string | number>({ ...bindings, ...insteadOf }) }),
    ...(isIssuer && database !== 'none' && { d1Databases: { DB: database ?? 'keyturn' } }),
    serviceBindings: { ...serviceBindings },
  }));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port,
      cf: false,
      handleStructuredLogs: ({ message }) => logged.push(message),
      ...(persistIn !== undefined && { defaultPersistRoot: persistIn }),
      workers: [...issuers, ...others],
    }),
  );
  await miniflare.ready;
  if (!(await hasTables(miniflare))) await applyMigrations(miniflare, 'issuer-0', migrationFiles);
  for (const { name, database } of neighbours)
    if (database === 'older') await applyMigrations(miniflare, name, migrationFiles.slice(0, -1));
  const token = environment.KEYTURN_ADMIN_TOKEN ?? '';
  return {
    ...{ issuer, token, environment, miniflare, logged },
    store: createRemoteStore({ issuer, token }),
    ask: async (name, path, init) => {
      const worker = await miniflare.getWorker(name);
      // A Response of another realm, of the same members.
      return (await worker.fetch(issuer + path, init as never)) as unknown as Response;
    },
    trigger: async (name = 'issuer-0') => {
      const worker = await miniflare.getWorker(name);
      const { outcome } = await worker.scheduled({ cron: '* * * * *' });
      return outcome;
    },
    close: () => miniflare.dispose(),
  };
};
