/**
 * Every scenario and every property at full count, for hours when need be, and a record of it:
 *
 *     npm run test:deep [recovery|chaos|nexmark|zombies|backpressure|mutations|simulation|properties|integration …]
 *
 * What each suite printed goes to test/recovery/results/<suite>.txt, with the commit and the command. A failed suite is
 * recorded too, and ends this with exit code 1. `SLUICE_TEST_SEED` sets the fresh seed.
 */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../support/run-process.ts'
import { runRecorded } from './recorded-suite.ts'

interface Suite {
  readonly config: string
  readonly files: readonly string[]
}

const SUITES: Readonly<Record<string, () => Suite>> = {
  recovery: () => ({
    config: 'test/vitest.config.ts',
    files: globSync('test/recovery/*.test.ts', { cwd: ROOT, exclude: ['test/recovery/backpressure.test.ts'] }),
  }),
  chaos: () => ({ config: 'test/integration/vitest.config.ts', files: ['test/integration/recovery/chaos.test.ts'] }),
  nexmark: () => ({ config: 'test/vitest.config.ts', files: ['test/recovery/nexmark/'] }),
  zombies: () => ({ config: 'test/vitest.config.ts', files: ['test/recovery/zombies/'] }),
  backpressure: () => ({ config: 'test/vitest.config.ts', files: ['test/recovery/backpressure.test.ts'] }),
  mutations: () => ({ config: 'test/vitest.config.ts', files: ['test/recovery/mutated-checkpoint.test.ts'] }),
  simulation: () => ({ config: 'test/vitest.config.ts', files: ['test/simulation/'] }),
  properties: () => ({ config: 'test/vitest.config.ts', files: propertyTests() }),
  // Chaos is a suite of its own, here and on Kafka (npm run test:chaos), and takes its time.
  integration: () => ({
    config: 'test/integration/vitest.config.ts',
    files: globSync('test/integration/**/*.test.ts', {
      cwd: ROOT,
      exclude: ['test/integration/recovery/**', 'test/integration/kafka/chaos.test.ts'],
    }),
  }),
}

/** Test files that run properties, themselves or through a conformance suite. */
function propertyTests(): string[] {
  const text = (file: string) => readFileSync(join(ROOT, file), 'utf8')
  const suites = globSync('test/conformance/*.ts', { cwd: ROOT }).filter((file) => text(file).includes('runs('))
  const names = suites.map((file) => file.slice('test/'.length))
  return globSync('test/**/*.test.ts', { cwd: ROOT })
    .filter((file) => text(file).includes('runs(') || names.some((name) => text(file).includes(name)))
    .sort()
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(SUITES)
const unknown = names.filter((name) => !Object.hasOwn(SUITES, name))
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}: there are ${Object.keys(SUITES).join(', ')}.`)
  process.exit(2)
}
for (const name of names) {
  const passed = await runRecorded({ name, command: `npm run test:deep ${name}`, scale: 'full', ...SUITES[name]!() })
  if (!passed) process.exitCode = 1
}
