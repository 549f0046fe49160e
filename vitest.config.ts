import { defineConfig } from 'vitest/config';

// Every test file in a process of its own, as many at once as there are cores. Servers that tests start take free ports.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    restoreMocks: true,
    allowOnly: false,
  },
});
