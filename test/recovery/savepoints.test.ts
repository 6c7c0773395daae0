/**
 * What a job is submitted with after a savepoint: another parallelism, another number of workers, a changed job, another
 * savepoint. It goes on, or is refused with a clear message, its state as it was.
 */
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { publishRecords } from '../support/golden.ts'
import { JobProcesses } from '../support/job-processes.ts'
import { errorOf, openMedallionTables, startJob, statusOf } from '../support/medallion.ts'
import { lastCheckpoint, queryRows } from '../support/medallion-checks.ts'
import { ROOT, until } from '../support/run-process.ts'

const JOB = 'test/recovery/support/numbers-job.ts'
const COUNT = 2_000
const TO_THE_END = ['--until', 'latest', '--drain']

const directory = mkdtempSync(join(tmpdir(), 'sluice-savepoints-'))
afterAll(() => rmSync(directory, { recursive: true }))
const dataDir = join(directory, 'data')
const kept = join(directory, 'kept')
const checkpoints = join(dataDir, 'checkpoints/numbers')
const processes = new JobProcesses(directory)
/** Path of the savepoint's manifest. */
let savepoint: string

function submit(args: readonly string[], env: Readonly<Record<string, string>> = {}, job = JOB) {
  return startJob(job, dataDir, args, {
    imports: ['test/support/medallion-paced-source.ts', 'test/support/process-roll.ts'],
    env: { SLUICE_TEST_ROWS_PER_CHECKPOINT: '200', ...processes.env, ...env },
  })
}

/** A job that has been stopped with a savepoint in the middle of its input, at parallelism 1. */
beforeAll(async () => {
  const records = Array.from({ length: COUNT }, (_, n) => ({
    key: Buffer.from(String(n % 16)),
    value: Buffer.from(JSON.stringify({ n, at: n * 1_000_000 })),
  }))
  await publishRecords(dataDir, 'numbers', records)
  const run = submit([], { CHECKPOINT_INTERVAL: '20ms' })
  await until('a checkpoint', () => readdirIfThere(join(checkpoints, 'manifests')).length > 0)
  run.kill('SIGINT')
  savepoint = fileURLToPath(statusOf(await run.ended).lastCheckpoint.location)
  const { sources } = await lastCheckpoint(dataDir, {}, 'numbers')
  const read = Object.values(sources)
    .flat()
    .reduce((sum, { position }) => sum + Number(position), 0)
  expect(read).toBeGreaterThan(0)
  expect(read).toBeLessThan(COUNT)
  cpSync(dataDir, kept, { recursive: true })
})

/** The data directory as the savepoint left it. */
function reset(): void {
  rmSync(dataDir, { recursive: true })
  cpSync(kept, dataDir, { recursive: true })
}

function readdirIfThere(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

/** Checkpoints and their state, byte for byte. The journal is none: an attempt that is refused has taken an epoch. */
function stateFiles(): readonly string[] {
  return ['manifests', 'state'].flatMap((folder) =>
    readdirSync(join(checkpoints, folder))
      .sort()
      .map(
        (name) =>
          `${name} ${createHash('sha256')
            .update(readFileSync(join(checkpoints, folder, name)))
            .digest('hex')}`,
      ),
  )
}

async function endsWithAll(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<void> {
  const run = await submit([...TO_THE_END, ...args], env).ended
  expect(run.code, run.stderr).toBe(0)
  expect(statusOf(run).restoredFrom).toBe(`file://${savepoint}`)
  expect(await numbersInTable()).toEqual([COUNT, COUNT, 0, COUNT - 1])
}

async function numbersInTable(): Promise<number[]> {
  await using opened = await openMedallionTables(dataDir)
  const rows = await queryRows(opened.engine, 'SELECT count(*), count(DISTINCT n), min(n), max(n) FROM test.numbers')
  return rows[0]!.map(Number)
}

describe('a savepoint of parallelism 1', () => {
  beforeEach(reset)

  test.each([
    [3, 2],
    [2, 0],
    [4, 1],
  ])('goes on at parallelism %i with %i worker processes', async (parallelism, workers) => {
    const layout = ['--parallelism', String(parallelism), '--workers', String(workers)]
    await endsWithAll(['--from-savepoint', savepoint, ...layout])
  })

  test('goes on without the state of an operator that is gone, when that is said', async () => {
    const env = { SLUICE_TEST_JOB: 'renamed' }
    const before = await keyedUids()
    await endsWithAll(['--allow-non-restored-state'], env)
    expect(before).toEqual(['unique'])
    expect(await keyedUids()).toEqual(['distinct'])
  })
})

/** Operators that the last checkpoint holds keyed state of. */
async function keyedUids(): Promise<string[]> {
  const { keyed } = await lastCheckpoint(dataDir, {}, 'numbers')
  return [...new Set(keyed.map(({ uid }) => uid))]
}

interface Refusal {
  readonly what: string
  readonly args?: () => readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly exit: number
  readonly code: string
  readonly message: RegExp
  readonly fix: RegExp
}

const REFUSALS: readonly Refusal[] = [
  {
    what: 'a job whose operator was renamed, with what would be lost and what is new',
    env: { SLUICE_TEST_JOB: 'renamed' },
    exit: 1,
    code: 'RESTORE_MISMATCH',
    message: /the job no longer has:\n {2}- unique: \d+ entries of \S+\n {2}\+ distinct: not in the checkpoint$/,
    fix: /\{ name: … \}.*--allow-non-restored-state/,
  },
  {
    what: 'a savepoint of another job',
    args: () => ['--from-savepoint', savepoint],
    env: { SLUICE_TEST_JOB: 'another-job' },
    exit: 1,
    code: 'RESTORE_MISMATCH',
    message: /is a checkpoint of job "numbers", not of "other-numbers"/,
    fix: /savepoint of this job/,
  },
  {
    what: 'parallelism 0',
    args: () => ['--parallelism', '0'],
    exit: 2,
    code: 'CONFIG_INVALID',
    message: /PARALLELISM is "0" \(--parallelism\): expected a whole number from 1/,
    fix: /Correct PARALLELISM/,
  },
  {
    what: 'a parallelism above the key groups',
    args: () => ['--parallelism', '129'],
    exit: 2,
    code: 'PARALLELISM',
    message: /can't be 129/,
    fix: /from 1 to 128/,
  },
  {
    what: 'another number of key groups',
    args: () => ['--key-groups', '64'],
    exit: 1,
    code: 'KEY_GROUPS_CHANGED',
    message: /has 128 key groups since its first run, not 64/,
    fix: /Leave --key-groups out/,
  },
  {
    what: 'a job that a worker cannot load',
    args: () => ['--workers', '2'],
    env: { SLUICE_TEST_JOB: 'fails-in-worker', RESTART_STRATEGY: 'fixed-delay' },
    exit: 1,
    code: 'JOB_INVALID',
    message: /numbers-job\.ts can't be loaded: Error: no license for this machine/,
    fix: /Mend the module/,
  },
  {
    what: 'a job that a worker builds another plan of',
    args: () => ['--workers', '2'],
    env: { SLUICE_TEST_JOB: 'differs-in-worker', RESTART_STRATEGY: 'fixed-delay' },
    exit: 1,
    code: 'PLAN_MISMATCH',
    message: /worker w\d builds another plan of job numbers than its coordinator/,
    fix: /must describe the same graph each time/,
  },
]

describe('is refused and leaves the state as it was:', () => {
  beforeAll(reset)

  test.each(REFUSALS)('$what', async ({ args = () => [], env = {}, exit, code, message, fix }) => {
    const before = stateFiles()
    const refused = await submit([...TO_THE_END, ...args()], env).ended
    expect(refused.code, refused.stderr).toBe(exit)
    expect(errorOf(refused)).toMatchObject({
      code,
      message: expect.stringMatching(message),
      fix: expect.stringMatching(fix),
    })
    expect(refused.stderr).not.toContain('"event":"job-restarting"')
    expect(stateFiles()).toEqual(before)
  })

  test('after all of that, the job goes on from the savepoint', () => endsWithAll())
})

test('a job file that has changed while the job runs is named when a worker has to be replaced; nothing is lost', async () => {
  reset()
  const file = join(directory, 'job.ts')
  const text = `export { default } from ${JSON.stringify(pathToFileURL(join(ROOT, JOB)).href)}\n`
  writeFileSync(file, text)
  const run = submit(['--workers', '2', '--parallelism', '2'], { RESTART_STRATEGY: 'fixed-delay' }, file)
  const { checkpointId } = await lastCheckpoint(dataDir, {}, 'numbers')
  await until('a checkpoint', async () => (await lastCheckpoint(dataDir, {}, 'numbers')).checkpointId > checkpointId)
  writeFileSync(file, `${text}// Now it is another file.\n`)
  process.kill(processes.workersOf(run.pid)[0]!, 'SIGKILL')
  const failed = await run.ended
  expect(failed.code, failed.stderr).toBe(1)
  expect(errorOf(failed)).toMatchObject({
    code: 'JOB_CHANGED',
    message: `files of the job have changed since its submission: ${file}`,
    fix: expect.stringContaining('Submit the job again'),
    details: { files: [file] },
  })
  const again = await submit(TO_THE_END, {}, file).ended
  expect(again.code, again.stderr).toBe(0)
  expect(await numbersInTable()).toEqual([COUNT, COUNT, 0, COUNT - 1])
})
