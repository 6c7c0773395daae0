/** Makes a zombie: stops a process at a fault point, lets it be replaced, and lets it go on. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { ArmedFault } from '../../support/armed-fault.ts'
import { CheckpointWatch } from '../../support/checkpoint-watch.ts'
import { JobProcesses } from '../../support/job-processes.ts'
import { errorOf, startJob } from '../../support/medallion.ts'
import { isAlive, isStopped } from '../../support/process-state.ts'
import { type ProcessOptions, type StartedProcess, until } from '../../support/run-process.ts'
import { secondMachine } from '../../support/second-machine.ts'
import { PACED, type Scene } from './scene.ts'
import type { Zombie, ZombieCoordinator, ZombieWorker } from './zombie-plan.ts'

const TO_THE_END = ['--until', 'latest', '--drain', '--parallelism', '2', '--workers', '2']
/** A process that nobody needs any more ends by itself within this. */
const END_MS = 30_000

export async function runZombie(zombie: Zombie, scene: Scene): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'sluice-zombie-'))
  const stage = new Stage(scene, scratch)
  try {
    await (zombie.role === 'worker' ? stage.worker(zombie) : stage.coordinator(zombie))
    await scene.check()
  } finally {
    await stage.end()
    rmSync(scratch, { recursive: true, force: true })
  }
}

class Stage {
  private readonly scene: Scene
  private readonly scratch: string
  private readonly fault: ArmedFault
  private readonly processes: JobProcesses
  private readonly checkpoints: CheckpointWatch
  private readonly jobs: StartedProcess[] = []

  constructor(scene: Scene, scratch: string) {
    this.scene = scene
    this.scratch = scratch
    this.fault = new ArmedFault(join(scratch, 'fault'))
    this.processes = new JobProcesses(scratch)
    this.checkpoints = new CheckpointWatch(join(scene.dataDir, 'checkpoints', scene.job))
  }

  /** Told dead by its heartbeats and replaced, in the same run of the job. */
  async worker({ continued }: ZombieWorker): Promise<void> {
    this.scene.reset()
    const job = this.start(this.scene.dataDir, TO_THE_END, {
      imports: ['test/support/spare-stopped.ts'],
      env: { SLUICE_FAULT_FILE: this.fault.file, HEARTBEAT_INTERVAL: '200ms', HEARTBEAT_TIMEOUT: '2s' },
    })
    const pid = await this.stopAt('checkpoint.after-snapshot')
    const { epoch } = (await this.checkpoints.last())!
    await until('the loss of the worker', () => job.stderr().includes(`(process ${pid}) is lost`))
    if (continued === 'after the commit') await this.committedSince(epoch)
    process.kill(pid, 'SIGCONT')
    if (continued === 'before the commit') expect((await this.checkpoints.last())!.epoch).toBe(epoch)
    await until('the zombie to end', () => !isAlive(pid), END_MS)
    const { code, stderr } = await job.ended
    expect(code, stderr).toBe(0)
  }

  /** Its job taken over by a coordinator elsewhere, from the latest checkpoint or from an older savepoint. */
  async coordinator({ at, continued, from }: ZombieCoordinator): Promise<void> {
    const { scene } = this
    const savepoint = from === 'an older savepoint' ? scene.resetToSavepoint() : undefined
    if (savepoint === undefined) scene.reset()
    const zombie = this.start(scene.dataDir, TO_THE_END, { env: { SLUICE_FAULT_FILE: this.fault.file } })
    expect(await this.stopAt(at)).toBe(zombie.pid)
    const { epoch } = (await this.checkpoints.last())!
    const elsewhere = secondMachine(scene.dataDir, join(this.scratch, 'elsewhere'))
    const back = savepoint === undefined ? [] : ['--from-savepoint', savepoint, '--allow-rewind']
    const successor = this.start(elsewhere.dataDir, [...TO_THE_END, ...back], {
      env: { ...elsewhere.env, ...stoppedFor(continued) },
    })
    if (continued === 'after the commit') await this.committedSince(epoch)
    else await until('the successor to stand still', () => isStopped(successor.pid))
    zombie.kill('SIGCONT')
    const ended = await within(END_MS, 'the zombie to end', zombie.ended)
    expect({ code: ended.code, error: errorOf(ended).code }).toEqual({ code: 1, error: 'FENCED' })
    await until('its workers to end', () => this.processes.workersOf(zombie.pid).length === 0, END_MS)
    successor.kill('SIGCONT')
    const { code, stderr } = await successor.ended
    expect(code, stderr).toBe(0)
  }

  /** Kills what is left, stopped or not. */
  async end(): Promise<void> {
    for (const job of this.jobs) {
      for (const pid of [...this.processes.workersOf(job.pid), job.pid]) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
      await job.ended
    }
  }

  private start(dataDir: string, args: readonly string[], { imports = [], env }: ProcessOptions): StartedProcess {
    const job = startJob(this.scene.file, dataDir, args, {
      imports: ['test/support/medallion-paced-source.ts', 'test/support/process-roll.ts', ...imports],
      env: {
        ...PACED,
        ...this.scene.env,
        ...this.processes.env,
        RESTART_STRATEGY: 'fixed-delay',
        RESTART_ATTEMPTS: '100',
        ...env,
      },
    })
    this.jobs.push(job)
    return job
  }

  /** Behind a first checkpoint of the run; resolves to the process that stands still. */
  private async stopAt(at: Parameters<ArmedFault['arm']>[0]): Promise<number> {
    const before = await this.checkpoints.lastId()
    await until('a checkpoint', async () => (await this.checkpoints.lastId()) > before)
    this.fault.arm(at, 'stop')
    const { pid } = await this.fault.claimed(at)
    await until(`process ${pid} to stand still`, () => isStopped(pid))
    return pid
  }

  /** The second checkpoint of a later epoch is complete: so the first has been committed. */
  private async committedSince(epoch: bigint): Promise<void> {
    let first: bigint | undefined
    await until('the successor to commit', async () => {
      const last = (await this.checkpoints.last())!
      if (last.epoch <= epoch) return false
      first ??= last.id
      return last.id > first
    })
  }
}

/** Where the successor waits until the zombie has gone on. */
function stoppedFor(continued: ZombieCoordinator['continued']): Readonly<Record<string, string>> {
  switch (continued) {
    case 'before the fence':
      return { SLUICE_FAULT: 'restore.after-load=stop' }
    case 'before the commit':
      return { SLUICE_FAULT: 'restore.after-fence=stop' }
    case 'after the commit':
      return {}
  }
}

async function within<T>(deadlineMs: number, what: string, result: Promise<T>): Promise<T> {
  let settled = false
  const settle = () => {
    settled = true
  }
  result.then(settle, settle)
  await until(what, () => settled, deadlineMs)
  return result
}
