/** Processes of the job that stand still, are replaced, and go on: one after the other, in a job that never ends. */
import type { FaultPoint } from '../../../../runtime/fault-point.ts'
import { errorOf } from '../../../support/medallion.ts'
import { isAlive, isStopped } from '../../../support/process-state.ts'
import { until } from '../../../support/run-process.ts'
import type { DisturbedJob } from './disturbed-job.ts'

/** A process that nobody needs any more ends by itself within this. */
const END_MS = 60_000

/** From "the checkpoint is complete" to "the topic has it". */
const COMMIT_POINTS: readonly FaultPoint[] = [
  'kafka-sink.before-end',
  'kafka-sink.after-produce',
  'checkpoint.after-manifest',
  'kafka-sink.after-end',
  'kafka-sink.before-removal',
]

/** When the zombie goes on: where its successor waits until then, if it waits. */
const CONTINUED = {
  'after the commit': {},
  'before the fence': { SLUICE_FAULT: 'restore.after-load=stop' },
  'before the commit': { SLUICE_FAULT: 'restore.after-fence=stop' },
} as const

type Continued = keyof typeof CONTINUED

const MOMENTS = Object.keys(CONTINUED) as Continued[]

/** Every third is a worker; fifteen coordinators stop at each point and go on at each moment. */
export async function makeZombies(job: DisturbedJob, zombies: number): Promise<string> {
  const made = { workers: 0, coordinators: 0 }
  for (let n = 1; n <= zombies; n++) {
    await job.untilCheckpoint()
    if (n % 3 === 0) {
      await worker(job)
      made.workers++
      console.log(`zombie ${n}: a worker before it acknowledges, continued after the commit`)
    } else {
      const at = COMMIT_POINTS[made.coordinators % COMMIT_POINTS.length]!
      const continued = MOMENTS[made.coordinators % MOMENTS.length]!
      await coordinator(job, at, continued)
      made.coordinators++
      console.log(`zombie ${n}: the coordinator at ${at}, continued ${continued}`)
    }
  }
  return `${zombies} zombies, ${made.workers} of them workers`
}

/** Told dead by its heartbeats and replaced, in the same run of the job. */
async function worker(job: DisturbedJob): Promise<void> {
  const pid = await stopAt(job, 'checkpoint.after-snapshot')
  await job.until('the loss of the worker', () => job.coordinator.stderr().includes(`(process ${pid}) is lost`))
  await job.untilCheckpoint()
  process.kill(pid, 'SIGCONT')
  await until('the zombie to end', () => !isAlive(pid), END_MS)
}

/** Its job taken over by a coordinator elsewhere. */
async function coordinator(job: DisturbedJob, at: FaultPoint, continued: Continued): Promise<void> {
  const zombie = job.coordinator
  const pid = await stopAt(job, at)
  if (pid !== zombie.pid) throw new Error(`process ${pid} has passed ${at}, which is no coordinator`)
  const successor = job.startElsewhere(CONTINUED[continued])
  if (continued === 'after the commit') {
    // The second that is complete: so the first has been committed.
    await job.untilCheckpoint()
    await job.untilCheckpoint()
  } else await job.until('the successor to stand still', () => isStopped(successor.pid))
  zombie.kill('SIGCONT')
  await until('the zombie to end', () => !isAlive(zombie.pid), END_MS)
  const ended = await zombie.ended
  if (ended.code !== 1 || errorOf(ended).code !== 'FENCED') {
    throw new Error(`the zombie ended with ${ended.code}, not because it was fenced: ${ended.stderr}`)
  }
  await until('its workers to end', () => job.processes.workersOf(zombie.pid).length === 0, END_MS)
  successor.kill('SIGCONT')
}

async function stopAt(job: DisturbedJob, at: FaultPoint): Promise<number> {
  job.fault.arm(at, 'stop')
  const { pid } = await job.fault.claimed(at)
  await until(`process ${pid} to stand still`, () => isStopped(pid))
  return pid
}
