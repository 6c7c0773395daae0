/** A process with the production coordinator in it, as a user's `runtime submit` starts it. */
import { CheckpointStore } from '../../runtime/checkpoint/checkpoint-store.ts'
import { JobMaster } from '../../runtime/coordinator/job-master.ts'
import type { JobOptions } from '../../runtime/coordinator/job-options.ts'
import { isSluiceError } from '../../topology/errors.ts'
import { silentMetrics } from '../support/silent.ts'
import type { Machine } from './machines.ts'
import { CHECKPOINT_ROOT, simulatedJob, UNUSED_CONNECTIONS } from './simulated-job.ts'
import { HEARTBEAT_INTERVAL_MS, workerLauncher } from './worker-process.ts'

export type Submission = Pick<
  JobOptions,
  'parallelism' | 'workers' | 'keyGroups' | 'checkpoints' | 'restart' | 'fromSavepoint' | 'allowRewind'
>

/** How a coordinator may end though nothing is wrong; FENCED: another one has taken over. */
const ENDS: ReadonlySet<string> = new Set(['FINISHED', 'CANCELED', 'FENCED'])

export class CoordinatorProcess {
  readonly machine: Machine
  readonly master: JobMaster
  /** A user has asked it to stop: it may have ended before its input did. */
  wasStopped = false
  /** The code of the error it failed with, or what it was when it ended; undefined as long as it runs. */
  outcome: string | undefined

  constructor(machine: Machine, submission: Submission) {
    this.machine = machine
    const { process, files, logger, transport, machines } = machine
    this.master = new JobMaster({
      ...submission,
      topology: simulatedJob(machine),
      store: new CheckpointStore({ files, root: CHECKPOINT_ROOT, retained: machines.world.integer(1, 3), logger }),
      connections: UNUSED_CONNECTIONS,
      pool: {
        transport,
        launcher: workerLauncher(machine),
        token: 'token',
        heartbeatTimeoutMs: 4 * HEARTBEAT_INTERVAL_MS,
      },
      clock: process.clock,
      random: machines.world.random,
      logger,
      metrics: () => silentMetrics,
      bounds: { until: 'latest' },
      drain: true,
    })
    this.master.done.then(
      ({ state }) => this.ended(state),
      (error: unknown) => this.ended(isSluiceError(error) ? error.code : String(error)),
    )
    this.master.start().catch(() => undefined)
  }

  get isAlive(): boolean {
    return this.machine.process.state !== 'dead'
  }

  private ended(outcome: string): void {
    this.outcome = outcome
    const { name, world } = this.machine.process
    if (!ENDS.has(outcome)) world.violate(`${name} failed with ${outcome}`)
    this.machine.process.end(`exit: ${outcome}`)
  }
}
