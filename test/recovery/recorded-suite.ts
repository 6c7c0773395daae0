/** Runs tests and keeps what they printed in test/recovery/results, with the commit and the command. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../support/run-process.ts'
import { FRESH_SEED, type Scale } from '../support/scale.ts'

export interface RecordedSuite {
  /** Of the file, without `.txt`. */
  readonly name: string
  /** What runs it again, but for seed and scale. */
  readonly command: string
  readonly config: string
  readonly files: readonly string[]
  /** Of tests whose names have it. @default all */
  readonly only?: string
  readonly scale: Scale
}

/** A failed one is recorded too. @returns whether it passed */
export async function runRecorded({ name, command, config, files, only, scale }: RecordedSuite): Promise<boolean> {
  // What tests print is the report: unadorned.
  const reporting = ['--disable-console-intercept', '--reporter=verbose']
  const chosen = only === undefined ? [] : ['--testNamePattern', only]
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--config', config, ...reporting, ...chosen, ...files]
  const started = new Date()
  // What is tested is what is there now: hours later it may be another.
  const tested = commit()
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, SLUICE_TEST_SCALE: scale, SLUICE_TEST_SEED: String(FRESH_SEED), NO_COLOR: '1' },
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
  const scaled = scale === 'full' ? '' : `SLUICE_TEST_SCALE=${scale} `
  const header = [
    `command: ${scaled}SLUICE_TEST_SEED=${FRESH_SEED} ${command}`,
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
  const changed = git('status', '--porcelain', '--untracked-files=no', '--', '.', ':!test/recovery/results') !== ''
  return `${git('rev-parse', '--short=12', 'HEAD')}${changed ? ', with changes' : ''}`
}
