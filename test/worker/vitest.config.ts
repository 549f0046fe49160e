// `npm run worker:test`: the contracts in workerd itself, against workerd the flows that run against Node all day, and all
// that is asked of the Worker, of which `npm test` asks signing_in.test.ts and bundle.test.ts.
import { fileURLToPath } from 'node:url';
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('../../', import.meta.url));
const patient = { testTimeout: 300_000, hookTimeout: 300_000, allowOnly: false, restoreMocks: true } as const;

const migrations = await readD1Migrations(`${root}drizzle/sqlite`);

declare module 'vitest' {
  interface ProvidedContext {
    migrations: typeof migrations;
  }
}

export default defineConfig({
  root,
  test: {
    projects: [
      {
        plugins: [
          cloudflareTest({
            miniflare: {
              compatibilityDate: '2026-10-01',
              compatibilityFlags: ['nodejs_compat'],
              d1Databases: { DB: 'keyturn' },
            },
          }),
        ],
        test: {
          ...patient,
          name: 'workerd',
          include: ['test/workerd/**/*.test.ts'],
          provide: { migrations },
        },
      },
      {
        test: {
          ...patient,
          name: 'worker',
          pool: 'forks',
          setupFiles: 'test/each_file.ts',
          isolate: true,
          globalSetup: 'test/worker/build_worker.ts',
          include: ['test/worker/**/*.test.ts'],
        },
      },
      {
        test: {
          ...patient,
          name: 'worker flows',
          pool: 'forks',
          setupFiles: 'test/each_file.ts',
          isolate: true,
          globalSetup: 'test/worker/build_worker.ts',
          include: ['test/relying_parties/{openid_client,oauth4webapi,interop,passport_openidconnect}.test.ts'],
          alias: [{ find: /^.*\/issuer_here\.ts$/, replacement: `${root}test/worker/issuer_here.ts` }],
        },
      },
    ],
  },
});
