/** The unit and small recovery tests: no Docker, no network, under five minutes on two cores. */
import { defineConfig } from 'vitest/config'
import { reporters } from './support/reporters.ts'
import { SCALE } from './support/scale.ts'

/** No test measures time: this only ends what hangs. */
const timeoutMs = SCALE === 'full' ? 7_200_000 : 300_000

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    exclude: ['test/integration/**', 'node_modules/**'],
    pool: 'forks',
    // Most of the time goes into processes that start and end: one test file alone leaves half of two cores unused.
    maxWorkers: '100%',
    ...reporters,
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
  },
})
