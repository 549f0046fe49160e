import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineConfig, type TestUserConfig } from 'vitest/config';

/** Compiled once for all workers. */
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'keyturn-test-compile-cache');

const everywhere = {
  pool: 'forks' as const,
  // Half of what a worker imports of packages is drizzle-orm.
  execArgv: ['--import', pathToFileURL('src/launch/quick_resolution.ts').href],
  testTimeout: 30_000,
  hookTimeout: 30_000,
  teardownTimeout: 10_000,
  restoreMocks: true,
  allowOnly: false,
} satisfies TestUserConfig;

/** They replace modules or globals, which would reach the files that share their process. */
const replacing = [
  'test/properties/**/*.test.ts',
  'test/adapters/{kek_ring_file,node_outbound_http,system_clock}.test.ts',
  'test/client_authentication/client_secret.test.ts',
  'test/endpoints/{http_limits,token}.test.ts',
  'test/tokens/access_token.test.ts',
  'test/verifier/token_structure.test.ts',
];
/** They take long, most of it waiting for other processes: given out one by one, they share the workers evenly. */
const long = [
  'test/{browser,docs,examples,faults,flows,postgres,relying_parties,simulation}/**/*.test.ts',
  'test/cli/{drill,launch}.test.ts',
  'test/verifier/{outage,package,verifier_package}.test.ts',
];
const alone = [...replacing, ...long];
/** They ask the Worker, which is built for them, in a workerd. */
const worker = ['test/worker/**/*.test.ts'];
/** Run in workerd themselves, or are the flows that run against Node's server all day: `npm run worker:test`. */
const workerd = ['test/workerd/**/*.test.ts'];

/** Minutes of processes that are killed and sources that are cut: `npm run soak` sets SOAK. */
const soaks = process.env.SOAK === undefined ? ['test/**/*.soak.test.ts'] : [];
/** Rows of the fault table: `npm run faults` sets FAULTS. */
const faults = process.env.FAULTS === undefined ? ['test/**/*.fault.test.ts'] : [];
const left = [...soaks, ...faults];

// A process for each core: vitest caps percentages there. Servers that tests start take free ports.
export default defineConfig({
  test: {
    maxWorkers: '100%',
    globalSetup: 'test/postgres/starter.ts',
    projects: [
      {
        test: {
          ...everywhere,
          name: 'together',
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: [...alone, ...worker, ...workerd, ...left],
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
