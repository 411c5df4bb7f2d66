import { defineConfig } from 'vitest/config';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'hono/jsx' } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    maxWorkers: 2, // what CI has; by itself vitest leaves one core idle
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
