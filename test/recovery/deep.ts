/**
 * Every scenario and every property at full count, for hours when need be, and a record of it:
 *
 *     npm run test:deep [recovery|chaos|nexmark|zombies|backpressure|mutations|simulation|properties|integration …]
 *
 * What each suite printed goes to test/recovery/results/<suite>.txt, with the commit and the command. A failed suite is
 * recorded too, and ends this with exit code 1. `SLUICE_TEST_SEED` sets the fresh seed.
 */
import { execFileSync, spawn } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../support/run-process.ts'
import { FRESH_SEED } from '../support/scale.ts'

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
  // The chaos is a suite of its own, and takes its time.
  integration: () => ({
    config: 'test/integration/vitest.config.ts',
    files: globSync('test/integration/**/*.test.ts', { cwd: ROOT, exclude: ['test/integration/recovery/**'] }),
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

async function runSuite(name: string): Promise<boolean> {
  const { config, files } = SUITES[name]!()
  // What tests print is the report: unadorned.
  const reporting = ['--disable-console-intercept', '--reporter=verbose']
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--config', config, ...reporting, ...files]
  const started = new Date()
  // What is tested is what is there now: hours later it may be another.
  const tested = commit()
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, SLUICE_TEST_SCALE: 'full', SLUICE_TEST_SEED: String(FRESH_SEED), NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      process.stdout.write(text)
    })
  }
  const code = await new Promise((resolve) => child.on('close', resolve))
  const minutes = (Date.now() - started.getTime()) / 60_000
  const header = [
    `command: SLUICE_TEST_SEED=${FRESH_SEED} npm run test:deep ${name}`,
    `commit: ${tested}`,
    `date: ${started.toISOString().slice(0, 10)}, ${minutes.toFixed(1)} minutes`,
    `machine: ${cpus().length} × ${cpus()[0]?.model}, node ${process.versions.node}`,
    `exit code: ${code}`,
  ]
  const results = join(import.meta.dirname, 'results')
  mkdirSync(results, { recursive: true })
  writeFileSync(join(results, `${name}.txt`), `${header.join('\n')}\n${output.replaceAll(ROOT, '.')}`)
  return code === 0
}

function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain', '--untracked-files=no') !== ''
  return `${git('rev-parse', '--short=12', 'HEAD')}${changed ? ', with changes' : ''}`
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(SUITES)
const unknown = names.filter((name) => !Object.hasOwn(SUITES, name))
if (unknown.length > 0) {
  console.error(`There is no suite ${unknown.join(', ')}: there are ${Object.keys(SUITES).join(', ')}.`)
  process.exit(2)
}
for (const name of names) if (!(await runSuite(name))) process.exitCode = 1
