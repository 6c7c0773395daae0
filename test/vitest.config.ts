/** The unit and small recovery tests: no Docker, no network, under five minutes on two cores. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    exclude: ['test/integration/**', 'node_modules/**'],
    pool: 'forks',
    testTimeout: 60_000,
  },
})
