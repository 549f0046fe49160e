import { defineConfig } from 'vitest/config';

const everywhere = {
  pool: 'forks',
  testTimeout: 30_000,
  hookTimeout: 30_000,
  teardownTimeout: 10_000,
  restoreMocks: true,
  allowOnly: false,
} as const;

/** They replace modules or globals, which would reach the files that share their process. */
const replacing = [
  'test/properties/**/*.test.ts',
  'test/adapters/{node_outbound_http,system_clock}.test.ts',
  'test/client_authentication/client_secret.test.ts',
  'test/endpoints/{http_limits,token}.test.ts',
  'test/tokens/access_token.test.ts',
  'test/verifier/token_structure.test.ts',
];
/** They take long, most of it waiting for other processes: given out one by one, they share the workers evenly. */
const long = [
  'test/{browser,docs,examples,faults,flows,postgres,relying_parties,simulation}/**/*.test.ts',
  'test/cli/{drill,launch}.test.ts',
  'test/verifier/{outage,package}.test.ts',
];
const alone = [...replacing, ...long];

/** Minutes of processes that are killed and sources that are cut: `npm run soak` sets SOAK. */
const soaks = process.env.SOAK === undefined ? ['test/**/*.soak.test.ts'] : [];

// More processes than cores, since many tests wait. Servers that tests start take free ports.
export default defineConfig({
  test: {
    maxWorkers: '150%',
    globalSetup: 'test/postgres/starter.ts',
    projects: [
      {
        test: {
          ...everywhere,
          name: 'together',
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: [...alone, ...soaks],
        },
      },
      { test: { ...everywhere, name: 'alone', isolate: true, include: alone, exclude: soaks } },
    ],
  },
});
