import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineConfig, type TestUserConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { memoryFolder } from './test/memory_folder.ts';

/** Compiled once for all workers. */
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'keyturn-test-compile-cache');

/** Every day in memory; the soak and the faults, which kill and fill, are on the machine's disk. */
const inMemory = process.env.SOAK === undefined && process.env.FAULTS === undefined ? memoryFolder() : undefined;
if (inMemory !== undefined) process.env.TMPDIR ??= inMemory;

const everywhere = {
  pool: 'forks' as const,
  setupFiles: 'test/each_file.ts',
  // Half of what a worker imports of packages is drizzle-orm.
  execArgv: ['--import', pathToFileURL('src/launch/quick_resolution.ts').href],
  testTimeout: 30_000,
  hookTimeout: 30_000,
  teardownTimeout: 10_000,
  restoreMocks: true,
  allowOnly: false,
} satisfies TestUserConfig;

/** They replace modules, which would reach the files that share their process. */
const alone = [
  'test/properties/{racing_nodes,real_store}.test.ts',
  'test/adapters/{kek_ring_file,node_outbound_http}.test.ts',
  'test/client_authentication/client_secret.test.ts',
  'test/endpoints/http_limits.test.ts',
];
/** They ask the Worker, which is built for them, in a workerd. */
const worker = ['test/worker/{bundle,signing_in}.test.ts'];
/** Run in workerd themselves, or ask more of the Worker: `npm run worker:test`. */
const workerd = ['test/{worker,workerd}/**/*.test.ts'];

/** Minutes of processes that are killed and sources that are cut: `npm run soak` sets SOAK. */
const soaks = process.env.SOAK === undefined ? ['test/**/*.soak.test.ts'] : [];
/** Rows of the fault table: `npm run faults` sets FAULTS. */
const faults = process.env.FAULTS === undefined ? ['test/**/*.fault.test.ts'] : [];
const left = [...soaks, ...faults];

/** The longest first, most of which wait for clocks and processes: what is begun last would be waited for alone. */
const longest = [
  ...['flows/turns', 'browser/walk', 'browser/accessibility', 'docs/examples', 'flows/processes', 'cli/launch'],
  ...['postgres/pooler', 'browser/errors', 'adapters/postgres_faults', 'postgres/copy', 'browser/cross_site'],
  ...['adapters/postgres_store', 'flows/traces', 'postgres/nodes', 'postgres/command_line', 'verifier/outage'],
  ...['relying_parties/oidc_client_ts', 'cli/databases', 'adapters/postgres_executor', 'adapters/postgres_database'],
].map((name) => `/test/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification): number => {
      const place = longest.findIndex((ending) => moduleId.endsWith(ending));
      return place === -1 ? longest.length : place;
    };
    return (await super.sort(files)).sort((left, right) => rankOf(left) - rankOf(right));
  }
}

// Two processes more than there are cores, since some always wait; vitest would cap a percentage at the cores. Servers that
// tests start take free ports.
export default defineConfig({
  test: {
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: LongestFirst },
    globalSetup: 'test/postgres/starter.ts',
    projects: [
      {
        test: {
          ...everywhere,
          name: 'together',
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: [...alone, ...workerd, ...left],
        },
      },
      { test: { ...everywhere, name: 'alone', isolate: true, include: alone, exclude: left } },
      {
        test: {
          ...everywhere,
          name: 'worker',
          isolate: true,
          globalSetup: 'test/worker/build_worker.ts',
          include: worker,
          exclude: left,
        },
      },
    ],
  },
});
