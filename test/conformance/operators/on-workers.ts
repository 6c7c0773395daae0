/** Runs an operator as a job, at parallelism 2 and more, on two workers: in this process, or in processes of their own. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryFiles } from '../../../connectors/memory/memory-files.ts'
import { CheckpointStore } from '../../../runtime/checkpoint/checkpoint-store.ts'
import { openFiles } from '../../../runtime/compose/index.ts'
import type { JobMaster } from '../../../runtime/coordinator/job-master.ts'
import type { JobOptions } from '../../../runtime/coordinator/job-options.ts'
import { runJob } from '../../../runtime/coordinator/run-job.ts'
import { systemClock } from '../../../runtime/time/system-clock.ts'
import { processWorkers } from '../../../runtime/worker/process-workers.ts'
import type { FileIO } from '../../../topology/contract/file-io.ts'
import { isSluiceError } from '../../../topology/errors.ts'
import type { Topology } from '../../../topology/topology.ts'
import { localJob } from '../../support/local-job.ts'
import { configOf } from '../../support/medallion.ts'
import { until } from '../../support/run-process.ts'
import { recordingLogger } from '../../support/silent.ts'
import { type OperatorRunner, type Outcome, type Script, sortedRows } from './script.ts'
import { type Committed, SCRIPT_VARIABLE, type ScriptedJob, scriptedJob } from './scripted-job.ts'
import { isCheckpoint } from './scripted-source.ts'

const MODULE = join(import.meta.dirname, 'scripted-job.ts')
const FIRST_PARALLELISM = 2
const WORKERS = 2

export const onLocalWorkers = runner('on two workers in this process', async () => {
  return { files: memoryFiles(), root: 'memory:///scripted' }
})

export const onWorkerProcesses = runner('on two worker processes', async (job, opened) => {
  process.env[SCRIPT_VARIABLE] = JSON.stringify(job)
  const config = configOf(job.directory)
  const files = await openFiles(config, { clock: systemClock, logger: recordingLogger() })
  const pool = async () => opened.use(await processWorkers({ file: MODULE, job: 'scripted', config }))
  return { files, root: `${config.checkpoints}/scripted`, pool }
})

interface Place {
  /** Where checkpoints are. */
  readonly files: FileIO
  readonly root: string
  /** Where the workers of a run come from. @default this process */
  readonly pool?: () => Promise<JobOptions['pool']>
}

function runner(
  name: string,
  open: (job: ScriptedJob, opened: AsyncDisposableStack) => Promise<Place>,
): OperatorRunner {
  return {
    name,
    async run(subject, script) {
      await using opened = new AsyncDisposableStack()
      const directory = mkdtempSync(join(tmpdir(), 'sluice-operator-'))
      opened.defer(() => rmSync(directory, { recursive: true }))
      const job = { subject, steps: script.steps, directory }
      const place = await open(job, opened)
      const committed: Committed = {}
      const error = await play(script, directory, (run) => start(scriptedJob(job, committed), place, run))
      const rows = Object.entries(committed).map(([port, commits]) => [port, Object.values(commits).flat()])
      return { rows: sortedRows(Object.fromEntries(rows)), ...(error === undefined ? {} : { error }) }
    },
  }
}

/** Takes checkpoints and restarts the job where the script says so. Resolves to what made it fail, if anything did. */
async function play(
  { steps, end }: Script,
  directory: string,
  start: (run: Run) => Promise<JobMaster>,
): Promise<Outcome['error']> {
  const reached = (step: number) => until(`step ${step}`, () => existsSync(join(directory, `at-${step}`)))
  let parallelism = FIRST_PARALLELISM
  const begin = async () => {
    const run = await start({ bounded: end === 'drain', parallelism: parallelism++ })
    await run.trigger('checkpoint')
    return run
  }
  let run = await begin()
  for (const [index, step] of steps.entries()) {
    if (!isCheckpoint(step)) continue
    await reached(index)
    await run.trigger('checkpoint')
    if ('barrier' in step) continue
    await run.cancel()
    // It went on reading behind the checkpoint, and has left word of it.
    for (const name of readdirSync(directory)) if (name.startsWith('at-')) rmSync(join(directory, name))
    run = await begin()
  }
  if (end === 'stop' || end === 'cancel') {
    await reached(steps.length)
    await run[end]()
  }
  return run.done.then(
    () => undefined,
    (error: unknown) => {
      if (!isSluiceError(error)) throw error
      const { uid } = error.details
      return uid === undefined ? { code: error.code } : { code: error.code, uid: String(uid) }
    },
  )
}

interface Run {
  readonly parallelism: number
  /** Whether the input ends. */
  readonly bounded: boolean
}

async function start(topology: Topology, { files, root, pool }: Place, run: Run): Promise<JobMaster> {
  const logger = recordingLogger()
  const store = new CheckpointStore({ files, root, logger })
  return runJob({
    ...localJob({
      topology,
      store,
      connections: { topics: none, tables: none, endpoints: none, serdes: none },
      clock: systemClock,
      logger,
    }),
    ...(pool === undefined ? {} : { pool: await pool() }),
    parallelism: run.parallelism,
    workers: WORKERS,
    checkpoints: { intervalMs: 3_600_000 },
    bounds: run.bounded ? { until: 'latest' } : {},
    drain: run.bounded,
  })
}

/** The job has neither topics nor tables. */
const none = undefined as never
