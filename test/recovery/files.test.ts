/** A job from files to files: killed at its protocol's steps, and given new files while it runs. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openFileEndpoints } from '../../connectors/file/file.ts'
import { memoryFiles } from '../../connectors/memory/memory-files.ts'
import { map } from '../../operators/index.ts'
import { files } from '../../topology/files.ts'
import { to } from '../../topology/to.ts'
import { topology } from '../../topology/topology.ts'
import { Line, temporaryFolder } from '../connectors/file/setup.ts'
import { runInMemory, startInMemory } from '../support/run-in-memory.ts'
import { runProcess } from '../support/run-process.ts'

const ROWS = 300

function fill(folder: string, name: string, from: number, count: number): void {
  mkdirSync(folder, { recursive: true })
  const lines = Array.from({ length: count }, (_, i) => `${JSON.stringify({ n: from + i })}\n`)
  writeFileSync(join(folder, `${name}.tmp`), lines.join(''))
  renameSync(join(folder, `${name}.tmp`), join(folder, name))
}

function written(folder: string): number[] {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.jsonl')) : []
  return names
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'))
    .map((line) => (JSON.parse(line) as { n: number }).n)
    .sort((a, b) => a - b)
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

describe('files to files, killed', () => {
  test.each([
    'file.after-staged',
    'file.before-commit',
    'file.after-rename',
    'checkpoint.after-manifest',
    'checkpoint.before-manifest',
    'source.after-poll:3',
    'restore.after-fence',
  ])('at %s, each row is written once', async (fault) => {
    const folder = temporaryFolder()
    for (const [i, name] of ['a', 'b', 'c'].entries()) fill(join(folder, 'in'), `${name}.jsonl`, i * 100, 100)
    const submit = (env: Record<string, string>) =>
      runProcess(
        'runtime/cli/main.ts',
        ['submit', 'test/recovery/support/file-job.ts', '--until', 'latest', '--workers', '0'],
        {
          env: {
            FILE_JOB_DIR: folder,
            SLUICE_DATA_DIR: join(folder, 'data'),
            LOG_LEVEL: 'warn',
            CHECKPOINT_INTERVAL: '5ms',
            ...env,
          },
        },
      )
    const killed = await submit({ SLUICE_FAULT: fault })
    expect(killed.code).not.toBe(0)
    const rest = await submit({})
    expect(rest.code, rest.stderr).toBe(0)
    expect(written(join(folder, 'out'))).toEqual(numbers(ROWS))
  })
})

describe('new files', () => {
  const job = topology('copy', ({ from }) => {
    from(files('in/*.jsonl', Line, { discoverEvery: 5 as never }))
      .pipe(map(({ n }) => ({ n })))
      .pipe(to(files('out', Line, { format: 'jsonl' })))
  })

  test.each([1, 3])(
    'are found while the job runs at parallelism %i, and read once over its restarts',
    async (parallelism) => {
      const folder = temporaryFolder()
      const endpoints = openFileEndpoints({ cwd: folder })
      const store = memoryFiles()
      fill(join(folder, 'in'), 'm.jsonl', 0, 10)
      const options = { endpoints, files: store, parallelism, until: 'stopped', checkpointIntervalMs: 10 } as const
      let next = 10
      for (const name of ['a', 'z']) {
        const master = await startInMemory(job, options)
        for (const part of [0, 1, 2]) {
          fill(join(folder, 'in'), `${name}${part}.jsonl`, next, 10)
          next += 10
          const expected = next
          await expect.poll(() => written(join(folder, 'out')), { timeout: 20_000 }).toEqual(numbers(expected))
        }
        await master.stop()
      }
      fill(join(folder, 'in'), 'between.jsonl', next, 10)
      await runInMemory(job, { endpoints, files: store, parallelism })
      expect(written(join(folder, 'out'))).toEqual(numbers(next + 10))
    },
  )
})
