/** The integration tests: against independent readers and real servers. A skipped one fails CI. */
import { defineConfig } from 'vitest/config'
import { reporters } from '../support/reporters.ts'

export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/integration/**/*.test.ts'],
    pool: 'forks',
    ...reporters,
    fileParallelism: false,
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
  },
})
